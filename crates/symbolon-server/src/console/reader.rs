//! Who reads: somebody who is signed in, with the API as they may use it.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use symbolon_api::SelfInfo;
use symbolon_api::client::Client;

use super::Site;
use super::fault::Fault;
use super::form_token::FormToken;
use crate::incoming::{Peer, credentials};
use crate::inside::in_process;
use crate::trusted;

/// Somebody who is signed in.
pub(super) struct Reader {
    /// Who they are and what they manage, as the API has it.
    pub(super) me: SelfInfo,
    /// The API, with their session.
    pub(super) api: Client,
    /// What their forms carry.
    pub(super) form_token: FormToken,
}

impl Reader {
    /// Their name.
    pub(super) fn name(&self) -> &str {
        self.me.user.as_deref().unwrap_or_default()
    }
}

/// Where a page is, for the way back after a sign-in.
pub(super) fn here(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// The API for the holder of `jwt`, whose requests come from where this one does.
fn client(site: &Site, parts: &Parts, jwt: &str) -> Client {
    let peer = trusted::client(&parts.extensions).map(Peer);
    let transport = in_process(site.api.clone(), move |extensions| {
        if let Some(peer) = peer {
            extensions.insert(peer);
        }
    });
    Client::new(transport).with_key(jwt)
}

/// Whoever is signed in, whether or not they have a password of their own choice yet.
pub(super) struct SignedIn(pub(super) Reader);

impl FromRequestParts<Site> for SignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Fault> {
        let nobody = || Fault::SignIn { back: here(parts) };
        let cookie = credentials(&parts.headers, site.app.shared().parts.https).cookie;
        let jwt = cookie.and_then(|cookie| std::str::from_utf8(cookie.value).ok());
        let jwt = jwt.filter(|jwt| jwt.bytes().all(|b| b.is_ascii_graphic())).ok_or_else(nobody)?;
        let api = client(site, parts, jwt);
        let form_token = FormToken::of_session(&site.app, jwt);
        let me = api.self_info().await.map_err(|error| Fault::from(error).or_sign_in(nobody))?;
        // A key or a token in the cookie's place opens no pages: nobody could see it among the sessions, or end it.
        if me.principal != "session" {
            return Err(nobody());
        }
        Ok(Self(Reader { me, api, form_token }))
    }
}

impl FromRequestParts<Site> for Reader {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Fault> {
        let SignedIn(reader) = <SignedIn as FromRequestParts<Site>>::from_request_parts(parts, site).await?;
        // A password that somebody else has seen is changed before anything else is done with it.
        if reader.me.password_temporary { Err(Fault::ChangePassword) } else { Ok(reader) }
    }
}

impl OptionalFromRequestParts<Site> for SignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Option<Self>, Fault> {
        match <Self as FromRequestParts<Site>>::from_request_parts(parts, site).await {
            Ok(reader) => Ok(Some(reader)),
            Err(Fault::SignIn { .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
