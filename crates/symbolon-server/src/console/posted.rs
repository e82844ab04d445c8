//! A form that a signed-in reader sent from a page of ours.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use super::Site;
use super::fault::Fault;
use super::fields::Fields;
use super::form_token::FormToken;
use super::reader::{Reader, SignedIn};
use crate::incoming::same_origin;

/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// The field that carries the form's token.
pub(super) const FIELD: &str = "form_token";

/// A form and who sent it.
pub(super) struct Posted {
    pub(super) reader: Reader,
    pub(super) fields: Fields,
}

/// As [`Posted`], from whoever is signed in, whether or not they have a password of their own choice yet.
pub(super) struct PostedFirst(pub(super) Posted);

impl FromRequest<Site> for PostedFirst {
    type Rejection = Fault;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        own_page(&parts, site)?;
        let SignedIn(reader) = <SignedIn as FromRequestParts<Site>>::from_request_parts(&mut parts, site)
            .await
            .map_err(Fault::or_start)?;
        let fields = read(Request::from_parts(parts, body), site).await?;
        check(&reader.form_token, &fields)?;
        Ok(Self(Posted { reader, fields }))
    }
}

impl FromRequest<Site> for Posted {
    type Rejection = Fault;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Fault> {
        let PostedFirst(posted) = PostedFirst::from_request(request, site).await?;
        if posted.reader.me.password_temporary { Err(Fault::ChangePassword) } else { Ok(posted) }
    }
}

/// Refuses a form that the browser does not say comes from a page of this very origin.
pub(super) fn own_page(parts: &Parts, site: &Site) -> Result<(), Fault> {
    if same_origin(&parts.headers, site.app.shared().parts.https) { Ok(()) } else { Err(Fault::Foreign) }
}

/// Refuses a form that does not carry this token.
pub(super) fn check(token: &FormToken, fields: &Fields) -> Result<(), Fault> {
    if token.is(fields.raw(FIELD)) { Ok(()) } else { Err(Fault::Foreign) }
}

/// Reads a form's fields; its length is limited by the router.
pub(super) async fn read(request: Request, site: &Site) -> Result<Fields, Fault> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next() != Some("application/x-www-form-urlencoded") {
        return Err(Fault::Foreign);
    }
    let body = tokio::time::timeout(PATIENCE, Bytes::from_request(request, site)).await;
    let body = body.map_err(|_| Fault::Incomplete)?.map_err(|_| Fault::Incomplete)?;
    Ok(Fields::read(&body))
}
