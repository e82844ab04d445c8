//! What was decided, as it is told to whoever asked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::HeaderValue;
use symbolon_api::{VerifyReply, VerifyRoute};
use symbolon_core::decision::Decision;
use symbolon_core::name::ServiceName;
use symbolon_core::rate::Quota;
use symbolon_http::token_quota;

use crate::answer::ApiError;
use crate::app::App;
use crate::verdict::Verdict;

/// What is told of a decision beside the reply.
pub(super) fn verdict(decision: &Decision<'_>) -> Verdict {
    let token = match decision {
        Decision::Allow(grant) => grant.principal().token(),
        Decision::Deny(denial) => denial.about(),
        Decision::Unavailable => None,
    };
    Verdict { code: decision.code(), token, ..Verdict::ALLOWED }
}

/// The reply to a question of this id, about a caller at this address; `unremembered` takes the place of the refusal, where there is one.
pub(super) fn reply(
    app: &App,
    service: &ServiceName,
    (decision, client_ip): (&Decision<'_>, Option<IpAddr>),
    unremembered: Option<ApiError>,
    request_id: &str,
) -> VerifyReply {
    let code = decision.code();
    let base = VerifyReply {
        allowed: false,
        code: code.as_str().to_owned(),
        status: code.status(),
        www_authenticate: None,
        principal: None,
        owner: None,
        role: None,
        token: None,
        target: None,
        route: None,
        answer: None,
        headers: BTreeMap::new(),
    };
    let given = |text: &str| Some(text.to_owned()).filter(|text| text != "-");
    match decision {
        Decision::Allow(grant) => {
            let identity = grant.identity();
            VerifyReply {
                allowed: true,
                principal: given(identity.principal),
                owner: given(identity.owner),
                role: given(identity.role),
                token: grant.principal().token().and_then(|id| app.shown(id)),
                target: Some(grant.target().to_path_and_query()),
                route: grant
                    .route()
                    .map(|route| VerifyRoute { method: route.method.clone(), path: route.path.clone() }),
                headers: grant.quota().map(quota_headers).unwrap_or_default(),
                ..base
            }
        }
        Decision::Deny(denial) => {
            let refusal = unremembered.unwrap_or_else(|| {
                ApiError::denied(denial, service.as_str()).asking(app.ask_link(service, denial, client_ip))
            });
            VerifyReply {
                code: refusal.code().as_str().to_owned(),
                status: refusal.code().status(),
                www_authenticate: refusal.challenge().map(str::to_owned),
                token: denial.token.and_then(|id| app.shown(id)),
                answer: Some(refusal.into_wire(request_id)),
                ..base
            }
        }
        Decision::Unavailable => {
            VerifyReply { answer: Some(ApiError::unavailable().into_wire(request_id)), ..base }
        }
    }
}

fn quota_headers(quota: &Quota) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    token_quota(quota).iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
