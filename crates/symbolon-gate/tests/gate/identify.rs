//! Who presented what, outside any service.

use symbolon_core::credential::{Credentials, Presented, SessionCookie};
use symbolon_core::decision::{Reason, Request};
use symbolon_core::id::KeyId;
use symbolon_core::record::{KeyKind, Token, User};
use symbolon_core::session::SessionKey;
use symbolon_core::store::{Change, Sink};
use symbolon_core::{Code, Timestamp};
use symbolon_gate::{Gate, Known, Subject};
use zeroize::Zeroizing;

use crate::make::{ask, at, entropy, gate, key, key_of, name, now, session, token, tombstone, unborn, user};

fn identify(gate: &Gate, secret: &str) -> Result<Known, Reason> {
    gate.identify(Presented::Secret(secret.as_bytes()), None, now()).unwrap().map_err(|(reason, _)| reason)
}

fn refused(gate: &Gate, secret: &str) -> Option<Reason> {
    identify(gate, secret).err()
}

#[test]
fn each_kind_of_credential_is_known_by_its_own() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (record, secret) = token(&gate, &ann, &["read"]);
    let (ses, jwt) = session(&gate, &ann);
    let (system, system_secret) = key(&gate, KeyKind::System);
    let (verifier, verifier_secret) = key(&gate, KeyKind::Verifier(name("papers")));
    let supplied_secret = "a-secret-of-the-operators-own-making";
    let supplied = key_of(&gate, KeyKind::System, supplied_secret);

    let known = identify(&gate, &secret).unwrap();
    assert!(matches!(known, Known::Token(token, owner, _) if token.id == record.id && owner.id == ann.id));
    let known = identify(&gate, &jwt).unwrap();
    assert!(matches!(known, Known::Session(known, user) if known == ses && user.id == ann.id));
    let cookie = Presented::Cookie(SessionCookie { value: jwt.as_bytes(), same_origin: false });
    assert!(
        matches!(gate.identify(cookie, None, now()).unwrap(), Ok(Known::Session(known, _)) if known == ses)
    );
    assert!(matches!(identify(&gate, &system_secret), Ok(Known::System(id)) if id == system.id));
    assert!(matches!(identify(&gate, supplied_secret), Ok(Known::System(id)) if id == supplied.id));
    let known = identify(&gate, &verifier_secret).unwrap();
    assert!(matches!(known, Known::Verifier(service, id) if service == name("papers") && id == verifier.id));
}

#[test]
fn what_does_not_count_has_its_reason_for_the_log() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (record, secret) = token(&gate, &ann, &["read"]);
    let mut mistyped = secret.clone();
    mistyped.replace_range(20..21, if &secret[20..21] == "A" { "B" } else { "A" });
    let (_, never_issued) = unborn(&ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let (_, key_secret) = key(&gate, KeyKind::System);
    for (presented, reason) in [
        (mistyped.as_str(), Reason::TokenChecksum),
        ("prn_short", Reason::TokenForm),
        (&secret[..secret.len() - 1], Reason::TokenForm),
        (&never_issued, Reason::UnknownSecret),
        (&key_secret[..key_secret.len() - 1], Reason::TokenForm),
        ("no-secret-of-anybody", Reason::UnknownSecret),
        (&jwt[..jwt.len() - 1], Reason::UnknownSecret),
    ] {
        assert_eq!(refused(&gate, presented), Some(reason), "{presented}");
    }
    // A token in the place of a session is none.
    let cookie = Presented::Cookie(SessionCookie { value: secret.as_bytes(), same_origin: true });
    assert_eq!(gate.identify(cookie, None, now()).unwrap().unwrap_err(), (Reason::UnknownSecret, None));

    let state = |change: Token, reason| {
        gate.apply(&Change::TokenChanged(change));
        let found = gate.identify(Presented::Secret(secret.as_bytes()), None, now()).unwrap().unwrap_err();
        // The log says which token it was; outside it is one answer with all others.
        assert_eq!(found, (reason, Some(record.id)));
    };
    state(Token { disabled: true, ..record.clone() }, Reason::Disabled);
    state(Token { expires_at: Some(now()), ..record.clone() }, Reason::Expired);
    gate.apply(&Change::TokenChanged(record.clone()));
    gate.apply(&Change::UserChanged(User { active: false, ..ann.clone() }));
    assert_eq!(refused(&gate, &secret), Some(Reason::OwnerInactive));
    assert_eq!(refused(&gate, &jwt), Some(Reason::OwnerInactive));
    gate.apply(&Change::UserChanged(ann));
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(refused(&gate, &secret), Some(Reason::UnknownSecret));
}

#[test]
fn a_session_ends_at_its_second_and_is_signed_by_us() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (ses, jwt) = session(&gate, &ann);
    let at_end =
        |moment: Timestamp| gate.identify(Presented::Secret(jwt.as_bytes()), None, moment).unwrap().is_ok();
    assert!(at_end(at(ses.expires_at.as_second() - 1)));
    assert!(!at_end(ses.expires_at));
    let foreign = SessionKey::new(&Zeroizing::new([9; 32])).sign(&ses);
    let foreign = secrecy::ExposeSecret::expose_secret(&foreign);
    assert_eq!(refused(&gate, foreign), Some(Reason::UnknownSecret));
    gate.apply(&Change::SessionEnded(ses.id));
    assert_eq!(refused(&gate, &jwt), Some(Reason::SessionEnded));
}

#[test]
fn a_verifier_key_is_nobody_on_a_service() {
    let gate = gate();
    let (_, secret) = key(&gate, KeyKind::Verifier(name("printers")));
    for path in ["/read", "/human"] {
        assert_eq!(ask(&gate, path, &secret), Code::InvalidToken);
    }
}

#[test]
fn what_claims_to_be_ours_is_known_from_what_is_not() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (_, secret) = token(&gate, &ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let (_, generated) = key(&gate, KeyKind::System);
    let supplied = "a-secret-of-the-operators-own-making";
    let record = key_of(&gate, KeyKind::System, supplied);
    let claims = |value: &str| gate.claims(value.as_bytes(), now());

    // Live or not, whole or cut: what has our form is decided about.
    for ours in [&secret, &jwt, &generated, supplied, "prn_", "ppr_cut", "symkey_"] {
        for value in [ours.to_owned(), format!("bEaReR {ours}"), format!("Basic {ours}")] {
            assert!(claims(&value), "{value}");
        }
    }
    for foreign in ["prn", "prnx_token", "ghp_token", "eyJhbGciOiJIUzI1NiJ9.e30.sig", "Basic dXNlcg==", ""] {
        assert!(!claims(foreign), "{foreign}");
    }
    // A key of the operator's own is ours only for as long as it is a key.
    gate.apply(&Change::KeyRemoved(record.id));
    assert!(!claims(supplied));
}

#[test]
fn scopes_can_be_asked_for_without_a_route() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (record, secret) = token(&gate, &ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let (_, system) = key(&gate, KeyKind::System);
    let holds = |secret: &str, scopes: &[&str]| {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
        let credentials = Credentials::of_secret(secret.as_bytes());
        gate.check_scopes(&name("printers"), credentials, &scopes, None, now()).unwrap().code()
    };
    assert_eq!(holds(&secret, &["read", "write"]), Code::InsufficientScope);
    assert_eq!(holds(&secret, &[]), Code::InsufficientScope);
    assert_eq!(holds(&secret, &["unknown"]), Code::InsufficientScope);
    assert_eq!(gate.last_used(record.id), None);
    assert_eq!(holds(&secret, &["read"]), Code::Allowed);
    assert_eq!(gate.last_used(record.id), Some(now()));
    assert_eq!(holds(&jwt, &["read"]), Code::InsufficientScope);
    assert_eq!(holds(&system, &["write"]), Code::Allowed);
    assert_eq!(holds("prn_x", &["read"]), Code::InvalidToken);
    let nowhere = gate.check_scopes(&name("plotters"), Credentials::of_secret(b"x"), &[], None, now());
    assert!(nowhere.is_none());
}

#[test]
fn an_explanation_is_the_decision_and_uses_nothing() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (record, secret) = token(&gate, &ann, &["read"]);
    let (ses, _) = session(&gate, &ann);
    let explain = |path: &str, subject: Subject| {
        let request = Request {
            method: "GET",
            target: path.as_bytes(),
            credentials: Credentials::default(),
            method_override: false,
            client_ip: None,
        };
        let told = gate.explain_as(&name("printers"), &request, &subject, now());
        told.map(|(outcome, steps)| {
            assert_eq!(outcome.is_ok(), steps.0.iter().all(|step| step.passed), "{steps:?}");
            outcome.err().map_or(Code::Allowed, Reason::code)
        })
    };
    let system = || Subject::System(KeyId::new(now(), entropy()));
    assert_eq!(explain("/read", Subject::Token(record.id)), Some(Code::Allowed));
    assert_eq!(explain("/write", Subject::Token(record.id)), Some(Code::InsufficientScope));
    assert_eq!(explain("/human", Subject::Token(record.id)), Some(Code::HumanOnly));
    assert_eq!(explain("/human", Subject::User(ses)), Some(Code::Allowed));
    assert_eq!(explain("/human", system()), Some(Code::Allowed));
    assert_eq!(explain("/read", Subject::Anonymous), Some(Code::CredentialRequired));
    assert_eq!(explain("//", Subject::Anonymous), Some(Code::InvalidRequest));
    assert_eq!(gate.last_used(record.id), None);
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(explain("/read", Subject::Token(record.id)), None);
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
}
