//! What surrounds every page: its frame, its headers, and how it is rendered.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use super::assets;
use super::reader::Reader;
use super::text::{EN, Text, fill, number};

/// Nothing from elsewhere, nothing inline, no frame around, no form to elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The sections of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// Tokens of a service.
    Tokens,
    /// A service's catalog.
    Catalog,
    /// What tokens ask for.
    Asks,
    /// Users and roles.
    People,
    /// System and verifier keys.
    Keys,
    /// Sign-ins.
    Sessions,
    /// The audit.
    Audit,
    /// How the installation is.
    Health,
    /// The reader's own account.
    Account,
}

/// A link of the navigation.
pub(super) struct Link {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) current: bool,
    /// How many things wait there for the reader.
    pub(super) waiting: Option<String>,
}

/// What surrounds a page's own content.
pub(super) struct Frame {
    /// The page's title, before the product's name.
    pub(super) title: String,
    /// Who is signed in; empty for nobody.
    pub(super) user: String,
    /// What the sign-out form carries.
    pub(super) form_token: String,
    /// The first letter of it.
    pub(super) initial: String,
    /// The service that the page is about, or would be.
    pub(super) service: String,
    /// The services whose tokens the reader manages.
    pub(super) services: Vec<Link>,
    /// Sections of the service.
    pub(super) of_service: Vec<Link>,
    /// Sections of the installation.
    pub(super) of_installation: Vec<Link>,
    /// Whether the account's page is the current one.
    pub(super) at_account: bool,
    /// That the record was changed by somebody else, for platform administrators.
    pub(super) alarm: Option<String>,
    /// What has just been done.
    pub(super) notice: Option<&'static str>,
    /// The stylesheet, script and icon.
    pub(super) assets: &'static assets::Names,
    /// Symbolon's.
    pub(super) version: &'static str,
}

impl Frame {
    /// Around a page that nobody need be signed in for.
    pub(super) fn outside(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            user: String::new(),
            initial: String::new(),
            form_token: String::new(),
            service: String::new(),
            services: Vec::new(),
            of_service: Vec::new(),
            of_installation: Vec::new(),
            at_account: false,
            alarm: None,
            notice: None,
            assets: assets::names(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Around a page of `section`, about `service` where it is about one.
    pub(super) fn of(
        reader: &Reader,
        title: impl Into<String>,
        section: Section,
        service: Option<&str>,
    ) -> Self {
        let t = &EN;
        let managed = reader.me.services.iter().filter(|known| known.manages_tokens);
        let current = match service {
            Some(name) => reader.me.services.iter().find(|known| known.service == name),
            None => managed.clone().next(),
        };
        let at = if section == Section::Catalog { "catalog" } else { "tokens" };
        let services = managed.map(|known| Link {
            text: known.title.clone(),
            href: format!("/services/{}/{at}", known.service),
            current: service == Some(&known.service),
            waiting: None,
        });
        let link = |text: &str, href: String, its: Section| Link {
            text: text.to_owned(),
            href,
            current: its == section,
            waiting: None,
        };
        let of_service = current.map(|known| {
            let name = &known.service;
            vec![
                link(t.nav_tokens, format!("/services/{name}/tokens"), Section::Tokens),
                link(t.nav_catalog, format!("/services/{name}/catalog"), Section::Catalog),
            ]
        });
        let of_installation = [
            (t.nav_people, "/people", Section::People),
            (t.nav_keys, "/keys", Section::Keys),
            (t.nav_sessions, "/sessions", Section::Sessions),
            (t.nav_audit, "/audit", Section::Audit),
            (t.nav_health, "/health", Section::Health),
        ];
        let of_installation = of_installation.into_iter().filter(|_| reader.me.platform_admin);
        let open = reader.me.open_asks;
        let asks = Link {
            waiting: open.filter(|open| *open > 0).map(number),
            ..link(t.nav_asks, "/asks".to_owned(), Section::Asks)
        };
        Self {
            user: reader.name().to_owned(),
            initial: reader.name().chars().take(1).flat_map(char::to_uppercase).collect(),
            service: current.map(|known| known.title.clone()).unwrap_or_default(),
            form_token: reader.form_token.as_str().to_owned(),
            services: services.collect(),
            of_service: of_service.unwrap_or_default(),
            of_installation: std::iter::once(asks)
                .chain(of_installation.map(|(text, href, its)| link(text, href.to_owned(), its)))
                .collect(),
            at_account: section == Section::Account,
            alarm: (reader.me.broken_seals > 0)
                .then(|| fill(t.alarm_seals, &[("count", &number(reader.me.broken_seals))])),
            ..Self::outside(title)
        }
    }

    /// With word of what has just been done.
    #[must_use]
    pub(super) fn noting(self, notice: Option<&'static str>) -> Self {
        Self { notice, ..self }
    }
}

/// A page that says why there is no other.
#[derive(Template)]
#[template(path = "fault.html")]
pub(super) struct FaultPage {
    t: &'static Text,
    frame: Frame,
    detail: String,
}

impl FaultPage {
    pub(super) fn new(title: &str, detail: String) -> Self {
        Self { t: &EN, frame: Frame::outside(title), detail }
    }
}

/// A page as an answer.
pub(super) fn show(page: &impl Template) -> Response {
    with_status(StatusCode::OK, page)
}

/// A form that was not taken, shown again.
pub(super) fn again(page: &impl Template) -> Response {
    with_status(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// A page as an answer of this status.
pub(super) fn with_status(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Where to sign in, to come back to `back` afterwards.
pub(super) fn sign_in_for(back: &str) -> String {
    if back == "/" {
        return "/sign-in".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    format!("/sign-in?{query}")
}

/// An address with these parameters.
pub(super) fn further(path: &str, parameters: &[(&str, &str)]) -> String {
    if parameters.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{path}?{query}")
}

/// Whether a place to go back to is one of ours: a path, and not `//host` or what a browser would take for it.
pub(super) fn own_place(back: &str) -> Option<&str> {
    let ours = back.starts_with('/')
        && !back.starts_with("//")
        && back.bytes().all(|b| matches!(b, 0x21..=0x7e) && b != b'\\');
    Some(back).filter(|_| ours)
}

/// The headers of every page. Nothing of a page is kept by a browser or a proxy: each carries what its reader alone
/// may see.
pub(super) async fn envelope(request: Request, next: Next) -> Response {
    dressed(next.run(request).await)
}

/// A page with the headers of every page.
pub(super) fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a form's `Origin` would be `null`, and forms are known by it.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_leads_nowhere_else() {
        for back in ["/", "/services/odin/tokens?state=active&query=a+b"] {
            assert_eq!(own_place(back), Some(back));
        }
        for back in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "\t/x", "/a\nb", "services"]
        {
            assert_eq!(own_place(back), None, "{back:?}");
        }
    }

    #[test]
    fn a_way_back_is_one_parameter() {
        assert_eq!(sign_in_for("/"), "/sign-in");
        assert_eq!(sign_in_for("/audit?actor=x&limit=2"), "/sign-in?back=%2Faudit%3Factor%3Dx%26limit%3D2");
    }
}
