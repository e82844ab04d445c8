//! What of a request goes on to the application, and how it is dressed for it.

use std::net::IpAddr;

use http::header::{COOKIE, HOST};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, Version};
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{DecidedRoute, Grant, Principal};
use symbolon_core::rate::Quota;

use super::once::Key;
use super::settings::ProxySettings;
use super::watch::Watch;
use super::{headers, tunnel};
use crate::identity;
use crate::incoming::OverTls;
use crate::others::by_header;
use crate::verdict::Verdict;

/// What goes on, and how.
pub(super) struct Passage {
    target: PathAndQuery,
    peer: Option<IpAddr>,
    /// `None`: the credential is somebody else's, and so is the decision.
    decided: Option<Decided>,
    /// Headers that hold a credential of Symbolon's, of a request that goes on without having been allowed.
    ours: Vec<HeaderName>,
    /// Looks after a decision that may be taken back while its answer still goes on.
    pub(super) watch: Option<Watch>,
    /// Under which it is made once, if it is.
    pub(super) key: Option<Key>,
    /// What is told of the request beside its answer.
    pub(super) verdict: Verdict,
    /// How the token stands with its limit, for the answer.
    pub(super) quota: Option<Quota>,
}

/// What of a [`Grant`] the application is told, apart from the request's headers, which the grant borrows.
struct Decided {
    identity: identity::Headers,
    /// Whether the application's own cookies go on: where a header was the credential they do not, for an
    /// application that also reads cookies would judge by those.
    cookies: bool,
    /// Whether it is known who is calling.
    known: bool,
}

impl Passage {
    /// Of a request that is left to the application's own login.
    pub(super) fn of_others(parts: &Parts, peer: Option<IpAddr>) -> Self {
        let target = parts.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let verdict = Verdict { principal: Some(identity::OTHERS), ..Verdict::ALLOWED };
        Self { target, peer, decided: None, ours: Vec::new(), watch: None, key: None, verdict, quota: None }
    }

    /// Of a request that would have been refused, were the service enforced: as one that is left to the application's
    /// own login, without the headers `ours`.
    pub(super) fn of_refused(
        parts: &Parts,
        peer: Option<IpAddr>,
        ours: Vec<HeaderName>,
        route: Option<DecidedRoute>,
    ) -> Self {
        let others = Self::of_others(parts, peer);
        Self { ours, verdict: Verdict { route, ..others.verdict.clone() }, ..others }
    }

    /// Of a request that was allowed. The error says why it cannot be sent as it was allowed.
    pub(super) fn granted(
        grant: &Grant<'_>,
        credentials: &Credentials<'_>,
        parts: &Parts,
        peer: Option<IpAddr>,
    ) -> Result<Self, &'static str> {
        // A target that is spelled as it was decided about is not written anew.
        let same = parts.uri.path_and_query().filter(|sent| sent.path() == grant.target().path());
        let target = match same {
            Some(sent) => sent.clone(),
            None => grant.target().to_path_and_query().try_into().map_err(|_| "the target is not a path")?,
        };
        let known = !matches!(grant.principal(), Principal::Anonymous);
        let identity = grant.identity();
        let verdict = Verdict::allowed(grant, &identity);
        let identity = identity::headers(&identity);
        Ok(Self {
            target,
            peer,
            decided: Some(Decided { identity, cookies: !by_header(grant, credentials), known }),
            ours: Vec::new(),
            watch: None,
            key: None,
            verdict,
            quota: grant.quota().copied(),
        })
    }

    /// Makes a request what the application shall see of it. What this connection's headers name goes first, so
    /// that it cannot take away what is added after.
    pub(super) fn dress(self, parts: &mut Parts, settings: &ProxySettings, asks_for_tunnel: bool) {
        let map = &mut parts.headers;
        headers::next_hop(map);
        headers::remove_identity(map);
        headers::remove_own_cookie(map);
        for name in self.ours {
            map.remove(name);
        }
        if let Some(decided) = self.decided {
            headers::remove_decided(map, &settings.upstream_headers);
            if !decided.cookies {
                map.remove(COOKIE);
            }
            map.extend(decided.identity);
            if decided.known {
                settings.upstream_headers.set(map);
            }
        }
        headers::set_forwarded(map, self.peer, parts.extensions.get::<OverTls>().is_some());
        if !map.contains_key(HOST) {
            map.insert(HOST, settings.upstream.host().clone());
        }
        if asks_for_tunnel {
            tunnel::set(map);
        }
        parts.version = Version::HTTP_11;
        parts.uri = self.target.into();
        parts.extensions.clear();
    }
}
