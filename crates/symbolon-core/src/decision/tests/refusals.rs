//! The table of refusals (DESIGN part 4): status, code and challenge of every reason.

use super::super::{Denial, Reason};
use crate::credential::CredentialFault;
use crate::target::TargetFault;

/// Every reason once, with its status, code and challenge. The match keeps the list whole.
const TABLE: &[(Reason, u16, &str, Option<&str>)] = &[
    (Reason::Target(TargetFault::DotSegment), 400, "invalid_request", None),
    (Reason::MethodOverride, 400, "invalid_request", None),
    (Reason::Credential(CredentialFault::Two), 400, "invalid_request", None),
    (Reason::NoRoute, 404, "no_route", None),
    (Reason::MethodNotAllowed, 405, "method_not_allowed", None),
    (Reason::CredentialRequired, 401, "credential_required", Some("Bearer realm=\"odin\"")),
    (Reason::Credential(CredentialFault::Form), 401, "invalid_token", INVALID),
    (Reason::TokenForm, 401, "invalid_token", INVALID),
    (Reason::TokenChecksum, 401, "invalid_token", INVALID),
    (Reason::UnknownSecret, 401, "invalid_token", INVALID),
    (Reason::OtherService, 401, "invalid_token", INVALID),
    (Reason::Disabled, 401, "invalid_token", INVALID),
    (Reason::Expired, 401, "invalid_token", INVALID),
    (Reason::OwnerInactive, 401, "invalid_token", INVALID),
    (Reason::SessionEnded, 401, "invalid_token", INVALID),
    (Reason::HumanOnly, 403, "human_only", None),
    (Reason::SystemOnly, 403, "system_only", None),
    (
        Reason::InsufficientScope,
        403,
        "insufficient_scope",
        Some("Bearer realm=\"odin\", error=\"insufficient_scope\", scope=\"a:read b:read\""),
    ),
    (Reason::InsufficientRole, 403, "insufficient_role", None),
    (Reason::Idle, 401, "invalid_token", INVALID),
    (Reason::RetiredSecret, 401, "invalid_token", INVALID),
    (Reason::TokenLimit, 429, "rate_limited", None),
    (Reason::ServiceLimit, 429, "rate_limited", None),
    (Reason::Restricted, 403, "restricted", None),
    (Reason::ParentEnded, 401, "invalid_token", INVALID),
    (Reason::ChangeLimit, 429, "rate_limited", None),
];

const INVALID: Option<&str> = Some("Bearer realm=\"odin\", error=\"invalid_token\"");

/// A new reason does not compile until it has a row: count it here and write it above.
const fn row(reason: Reason) -> usize {
    match reason {
        Reason::Target(_) => 0,
        Reason::MethodOverride => 1,
        Reason::Credential(CredentialFault::Two) => 2,
        Reason::NoRoute => 3,
        Reason::MethodNotAllowed => 4,
        Reason::CredentialRequired => 5,
        Reason::Credential(CredentialFault::Form) => 6,
        Reason::TokenForm => 7,
        Reason::TokenChecksum => 8,
        Reason::UnknownSecret => 9,
        Reason::OtherService => 10,
        Reason::Disabled => 11,
        Reason::Expired => 12,
        Reason::OwnerInactive => 13,
        Reason::SessionEnded => 14,
        Reason::HumanOnly => 15,
        Reason::SystemOnly => 16,
        Reason::InsufficientScope => 17,
        Reason::InsufficientRole => 18,
        Reason::Idle => 19,
        Reason::RetiredSecret => 20,
        Reason::TokenLimit => 21,
        Reason::ServiceLimit => 22,
        Reason::Restricted => 23,
        Reason::ParentEnded => 24,
        Reason::ChangeLimit => 25,
    }
}

fn denial(reason: Reason) -> Denial {
    let required = ["a:read", "b:read"].map(|scope| scope.parse().unwrap()).to_vec();
    Denial { required, ..Denial::new(reason) }
}

#[test]
fn every_reason_has_its_status_its_code_and_its_challenge() {
    for (index, (reason, status, code, challenge)) in TABLE.iter().enumerate() {
        assert_eq!(row(*reason), index);
        assert_eq!((reason.code().status(), reason.code().as_str()), (*status, *code), "{reason:?}");
        assert_eq!(denial(*reason).challenge("odin").as_deref(), *challenge, "{reason:?}");
    }
}

#[test]
fn what_is_told_of_a_bad_credential_is_one_sentence() {
    for (reason, status, ..) in TABLE {
        let told = reason.public_detail();
        assert_eq!(reason.is_bad_credential(), *status == 401 && *reason != Reason::CredentialRequired);
        assert_eq!(told == "The credential is not valid.", reason.is_bad_credential(), "{reason:?}");
        assert!(!told.is_empty());
    }
}

#[test]
fn a_realm_stays_inside_its_quotation_marks() {
    let refused = denial(Reason::CredentialRequired);
    for (realm, value) in [
        ("O.D.I.N.", "O.D.I.N."),
        ("Frank's \"X\"", "Frank's \\\"X\\\""),
        ("back\\slash", "back\\\\slash"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("Café", "Caf"),
    ] {
        assert_eq!(refused.challenge(realm).unwrap(), format!("Bearer realm=\"{value}\""));
    }
}
