//! What can be wrong, how bad it is, and what closes it.

use super::super::Level;

/// A kind of hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The canary path itself arrived, and nobody was asked.
    Unguarded,
    /// A target that means the canary path arrived.
    PastTheGate,
    /// The same because of a header that the client sent.
    HeaderBelieved,
    /// A target arrived that Symbolon refuses, whatever it means.
    NotCanonical,
    /// Another path arrived than was sent or may be read.
    Rewritten,
    /// A method arrived that no route has.
    Method,
    /// Forged identity arrived under the names that Symbolon uses.
    Forged,
    /// Forged identity arrived under names that frameworks take for those.
    ForgedTwin,
    /// The same under names that few take for those, or that Symbolon does not use.
    ForgedLookalike,
    /// A client made the gateway drop the identity.
    IdentityLost,
    /// What Symbolon refuses arrived: two credentials, or a wish for another method.
    Ambiguous,
    /// The application answers whoever goes around the gateway.
    Direct,
    /// Judged by status alone, something answered that should have been refused.
    PerhapsPast,
    /// Requests arrive about which nobody was asked.
    Unasked,
    /// No identity is handed on.
    NoIdentity,
    /// The caller's credential reaches the application.
    Credential,
    /// Symbolon's own session cookie does.
    OwnCookie,
    /// A header arrives by which some frameworks replace the path.
    PathHeader,
    /// Requests that got no answer in time, or an outage: nothing was learnt.
    Unclear,
}

/// A gateway, as far as advice differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Gateway {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
    Envoy,
}

impl Gateway {
    /// By what it says of itself in `Server`, in lower case.
    pub(super) fn named(server: &str) -> Option<Self> {
        let known = [("nginx", Self::Nginx), ("caddy", Self::Caddy), ("envoy", Self::Envoy)];
        known.into_iter().find(|(name, _)| server.starts_with(name)).map(|(_, gateway)| gateway)
    }
}

impl Fault {
    /// Whether somebody can do harm by it.
    pub(super) fn level(self) -> Level {
        match self {
            Self::ForgedLookalike
            | Self::Unasked
            | Self::Rewritten
            | Self::NoIdentity
            | Self::Credential
            | Self::PathHeader
            | Self::Unclear => Level::Warn,
            _ => Level::Bad,
        }
    }

    /// What it is called, in every form of the output.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unguarded => "unguarded",
            Self::PastTheGate => "past_the_gate",
            Self::HeaderBelieved => "header_believed",
            Self::NotCanonical => "not_canonical",
            Self::Rewritten => "rewritten",
            Self::Method => "method",
            Self::Forged => "forged",
            Self::ForgedTwin => "forged_twin",
            Self::ForgedLookalike => "forged_lookalike",
            Self::IdentityLost => "identity_lost",
            Self::Ambiguous => "ambiguous",
            Self::Direct => "direct",
            Self::PerhapsPast => "perhaps_past",
            Self::Unasked => "unasked",
            Self::NoIdentity => "no_identity",
            Self::Credential => "credential",
            Self::OwnCookie => "own_cookie",
            Self::PathHeader => "path_header",
            Self::Unclear => "unclear",
        }
    }

    /// What was found, in a sentence.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Unguarded => {
                "the canary path reaches the application as it is: Symbolon was not asked, or only watches (enforce = false)"
            }
            Self::PastTheGate => "a request reached the application whose target means the canary path",
            Self::HeaderBelieved => {
                "a header that any client can send decided what Symbolon was asked about, and the canary path was reached"
            }
            Self::NotCanonical => {
                "a target reached the application that Symbolon refuses, because programs read it in different ways"
            }
            Self::Rewritten => "the application received another path than the one that was sent",
            Self::Method => "a method reached the application that Symbolon refuses",
            Self::Forged => "an identity header as the client sent it reached the application",
            Self::ForgedTwin => {
                "an identity header spelt with underscores reached the application; CGI, WSGI, Rack and PHP take it for ours"
            }
            Self::ForgedLookalike => {
                "an identity header of the client's reached the application under a name that Symbolon does not use, or with \
                 other marks, some of which PHP takes for dashes"
            }
            Self::IdentityLost => "a client that names identity headers in Connection takes them away",
            Self::Ambiguous => {
                "a request reached the application that Symbolon refuses: two credentials, or a wish for another method"
            }
            Self::Direct => "the application answers whoever goes around the gateway",
            Self::PerhapsPast => {
                "something answered a request that means the canary path (judged by status alone)"
            }
            Self::Unasked => "requests reach the application about which Symbolon is not asked",
            Self::NoIdentity => "the application is not told who calls",
            Self::Credential => "the caller's credential reaches the application, which could use or log it",
            Self::OwnCookie => {
                "Symbolon's session cookie reaches the application, which could sign in with it"
            }
            Self::PathHeader => {
                "a header reaches the application by which some frameworks replace the path (IIS, old Symfony, Zend)"
            }
            Self::Unclear => {
                "these requests were not answered, or by an outage, so that nothing was learnt from them"
            }
        }
    }

    /// What to change.
    pub(super) fn advice(self, gateway: Option<Gateway>) -> &'static str {
        use Gateway::{Caddy, Envoy, Haproxy, Nginx, Traefik};
        match (self, gateway) {
            (Self::PastTheGate | Self::NotCanonical | Self::Rewritten | Self::PerhapsPast, _) => {
                path_advice(gateway)
            }
            (Self::Unguarded | Self::Unasked, Some(Nginx)) => {
                "put auth_request into every location that reaches the application, or at the server's level; `return` and \
                 sibling locations are not covered by another location's"
            }
            (Self::Unguarded | Self::Unasked, _) => {
                "put the question to Symbolon before every route that reaches the application; leave none out"
            }
            (Self::HeaderBelieved | Self::Method, Some(Nginx)) => {
                "ask /gateway/nginx/SERVICE, and in the location of the question set both: proxy_set_header X-Original-URI \
                 $request_uri; proxy_set_header X-Original-Method $request_method;"
            }
            (Self::HeaderBelieved | Self::Method, Some(Haproxy)) => {
                "let our Lua set X-Haproxy-Uri and X-Haproxy-Method from txn.f:pathq() and txn.f:method(), and copy no \
                 header of the client but its credential"
            }
            (Self::HeaderBelieved | Self::Method, _) => {
                "ask the endpoint of this gateway's own family, whose headers the gateway writes itself"
            }
            (Self::Forged | Self::ForgedTwin | Self::ForgedLookalike, _) => identity_advice(gateway),
            (Self::IdentityLost, Some(Caddy)) => {
                "delete the client's Connection header before forward_auth: request_header -Connection"
            }
            (Self::IdentityLost, Some(Traefik | Envoy | Haproxy | Nginx) | None) => {
                "remove the client's Connection header, or what it names, before the identity is added"
            }
            (Self::Ambiguous, Some(Envoy)) => {
                "let allowed_headers of ext_authz have authorization, x-api-key, x-http-method (as a prefix) and \
                 x-method-override, so that Symbolon sees them"
            }
            (Self::Ambiguous, _) => {
                "show Symbolon every Authorization, X-API-Key and method-override header that goes upstream, as the client \
                 sent them, or drop them"
            }
            (Self::Direct, _) => {
                "let the application listen at 127.0.0.1 or a private network alone, or let its firewall admit the gateway \
                 alone"
            }
            (Self::NoIdentity, Some(Nginx)) => {
                "hand each identity header on: auth_request_set $owner $upstream_http_x_symbolon_owner; proxy_set_header \
                 X-Symbolon-Owner $owner;"
            }
            (Self::NoIdentity, _) => {
                "hand the five X-Symbolon headers of Symbolon's answer on to the application"
            }
            (Self::Credential, Some(Nginx)) => {
                "proxy_set_header Authorization \"\"; where the application does not need it"
            }
            (Self::Credential, _) => {
                "remove Authorization and X-API-Key after the question, where the application does not need them"
            }
            (Self::OwnCookie, _) => "pass on the Cookie of Symbolon's answer in place of the client's",
            (Self::PathHeader, Some(Nginx)) => {
                "proxy_set_header X-Original-URL \"\"; proxy_set_header X-Rewrite-URL \"\";"
            }
            (Self::PathHeader, _) => "remove X-Original-URL and X-Rewrite-URL from requests",
            (Self::Unclear, _) => "see that Symbolon and the application are well, and run this again",
        }
    }
}

fn path_advice(gateway: Option<Gateway>) -> &'static str {
    match gateway {
        Some(Gateway::Nginx) => {
            "write proxy_pass without a path (proxy_pass http://application; with no slash after it), use no rewrite in that \
             location, and put auth_request into every location that reaches the application"
        }
        Some(Gateway::Caddy) => {
            "let no uri, rewrite or handle_path stand between forward_auth and reverse_proxy"
        }
        Some(Gateway::Traefik) => {
            "let no StripPrefix, AddPrefix or ReplacePath come after ForwardAuth, and put ForwardAuth on every router of the \
             application"
        }
        Some(Gateway::Haproxy) => "let no set-path, set-uri or replace-path come after the Lua action",
        Some(Gateway::Envoy) => {
            "set normalize_path, merge_slashes and path_with_escaped_slashes_action: REJECT_REQUEST, and use no \
             prefix_rewrite or regex_rewrite on the route"
        }
        None => {
            "ask Symbolon about the very target that goes upstream, and rewrite nothing after the question"
        }
    }
}

fn identity_advice(gateway: Option<Gateway>) -> &'static str {
    match gateway {
        Some(Gateway::Nginx) => {
            "set every X-Symbolon header with proxy_set_header, to \"\" where there is nothing to say, and leave \
             underscores_in_headers off"
        }
        Some(Gateway::Caddy) => "request_header -*Symbolon* before forward_auth",
        Some(Gateway::Traefik) => {
            "empty every X-Symbolon header with customRequestHeaders of a middleware before ForwardAuth, and set \
             aliasHeadersStrategy: delete on the entry point"
        }
        Some(Gateway::Haproxy) => "http-request del-header symbolon -m sub, before the Lua action",
        Some(Gateway::Envoy) => {
            "before ext_authz, a header_mutation filter with remove_on_match: { key_matcher: { contains: \"symbolon\" } }, and \
             headers_with_underscores_action: REJECT_REQUEST"
        }
        None => "remove every header that has symbolon in its name, before the identity is added",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Fault; 19] = [
        Fault::Unguarded,
        Fault::PastTheGate,
        Fault::HeaderBelieved,
        Fault::NotCanonical,
        Fault::Rewritten,
        Fault::Method,
        Fault::Forged,
        Fault::ForgedTwin,
        Fault::ForgedLookalike,
        Fault::IdentityLost,
        Fault::Ambiguous,
        Fault::Direct,
        Fault::PerhapsPast,
        Fault::Unasked,
        Fault::NoIdentity,
        Fault::Credential,
        Fault::OwnCookie,
        Fault::PathHeader,
        Fault::Unclear,
    ];

    #[test]
    fn the_document_has_each_finding_with_its_level() {
        let document = include_str!("../../../../../../docs/doctor.md");
        for fault in ALL {
            let level = if fault.level() == Level::Bad { "bad" } else { "warn" };
            let row = format!("| `{}` | {level} |", fault.name());
            assert!(document.contains(&row), "{row} is not in docs/doctor.md");
        }
        assert_eq!(document.matches("| bad |").count() + document.matches("| warn |").count(), ALL.len());
    }
}
