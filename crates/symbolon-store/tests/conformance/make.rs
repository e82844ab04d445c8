//! Values to store. Everything follows from a small number, so a test says what matters and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use symbolon_core::ask::{Answer, Ask, Said};
use symbolon_core::decision::Keys;
use symbolon_core::digest::{Digest, Pepper};
use symbolon_core::id::{AskId, KeyId, SessionId, TokenId, UserId};
use symbolon_core::lifetime::Lifetime;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{
    ActorId, AuditLine, Enforcement, Key, KeyKind, Origin, PasswordHash, Session, Token, User,
};
use symbolon_core::restriction::Restrictions;
use symbolon_core::rotation::{Grace, OldSecret, Rotation};
use symbolon_core::session::SessionKey;
use symbolon_core::store::{AskQuery, Change, Claim, Mutation, PageQuery, SeenAsks, TokenQuery, TokenSort};
use zeroize::Zeroizing;

/// When the things made here are made, give or take their number in milliseconds.
pub(crate) const START: i64 = 1_700_000_000_000;
const DAY: i64 = 86_400_000;

/// The server's keys, under which everything made here was digested; former ones are for what a test digests otherwise.
pub(crate) fn keys() -> Keys {
    let keys = Keys::new(pepper(1), SessionKey::new(&Zeroizing::new([1; 32])));
    Keys { former_peppers: vec![pepper(2), pepper(7), pepper(u32::MAX)], ..keys }
}

/// The same after the pepper was rotated.
pub(crate) fn rotated_keys() -> Keys {
    Keys { former_peppers: vec![pepper(1)], ..retired_keys() }
}

/// The same after the old one was retired.
pub(crate) fn retired_keys() -> Keys {
    Keys::new(pepper(2), keys().sessions)
}

fn pepper(number: u32) -> Pepper {
    Pepper::new(number, &Zeroizing::new([number.to_be_bytes()[3]; 32]))
}

/// So many milliseconds after the start.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(START + millis).unwrap()
}

pub(crate) fn service(name: &str) -> ServiceName {
    name.parse().unwrap()
}

pub(crate) fn odin() -> ServiceName {
    service("odin")
}

pub(crate) fn digest(number: u32) -> Digest {
    let mut bytes = [0xd5; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Digest::from_bytes(bytes)
}

pub(crate) fn user_id(number: u32) -> UserId {
    format!("usr_{number:032x}").parse().unwrap()
}

pub(crate) fn token_id(number: u32) -> TokenId {
    format!("tok_{number:032x}").parse().unwrap()
}

pub(crate) fn session_id(number: u32) -> SessionId {
    format!("ses_{number:032x}").parse().unwrap()
}

pub(crate) fn key_id(number: u32) -> KeyId {
    format!("key_{number:032x}").parse().unwrap()
}

pub(crate) fn ask_id(number: u32) -> AskId {
    format!("ask_{number:032x}").parse().unwrap()
}

pub(crate) fn user(number: u32) -> User {
    User {
        id: user_id(number),
        name: format!("user-{number}").parse().unwrap(),
        password: Some(PasswordHash::from_phc(format!("$argon2id${number}"))),
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: BTreeMap::from([(odin(), "operator".parse().unwrap())]),
        created_at: at(i64::from(number)),
        revision: 1,
    }
}

pub(crate) fn token(number: u32, owner: &User) -> Token {
    Token {
        id: token_id(number),
        service: odin(),
        name: format!("token {number}"),
        description: String::new(),
        owner: owner.id,
        token_prefix: format!("{number:08}").parse().unwrap(),
        scopes: vec!["read:jobs".parse().unwrap(), "read:printers".parse().unwrap()],
        metadata: symbolon_core::metadata::Metadata::default(),
        profile: None,
        disabled: false,
        created_at: at(i64::from(number)),
        updated_at: at(i64::from(number)),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 1,
        digest: Some((digest(number), 1)),
        rotation: Rotation::default(),
        rate_limit: None,
        restrictions: Restrictions::default(),
        imported: None,
        parent: None,
        derive: 0,
        change_limit: None,
        loans: Vec::new(),
    }
}

/// Restrictions of every kind.
pub(crate) fn restrictions() -> Restrictions {
    let text = r#"{
        "networks": ["10.0.0.0/8", "2001:db8::1"], "methods": ["GET", "POST"], "paths": ["/a%20b", "/printers"],
        "parameters": { "printer_id": ["1", "é \" b"], "rest": ["x/y"] }
    }"#;
    serde_json::from_str(text).unwrap()
}

/// The token as its revocation leaves it.
pub(crate) fn revoked(token: &Token, now: Timestamp) -> Token {
    Token {
        revoked_at: Some(now),
        updated_at: now,
        revision: token.revision + 1,
        digest: None,
        rotation: Rotation { old: None, retired: Vec::new(), ..token.rotation.clone() },
        ..token.clone()
    }
}

/// What is known of a token that was rotated often.
pub(crate) fn rotation() -> Rotation {
    let old = OldSecret {
        digest: (digest(71), u32::MAX),
        until: Some(at(3_000)),
        grace: Some(Grace::seconds(60).unwrap()),
    };
    Rotation {
        at: Some(at(1_000)),
        first_used_at: Some(at(1_001)),
        old: Some(old),
        retired: vec![(digest(72), 1), (digest(73), 2)],
        reused_at: Some(at(2_000)),
    }
}

pub(crate) fn session(number: u32, user: &User) -> Session {
    Session {
        id: session_id(number),
        user: user.id,
        created_at: at(i64::from(number)),
        expires_at: at(i64::from(number) + DAY),
        client_ip: Some("2001:db8::7".parse().unwrap()),
    }
}

pub(crate) fn key(number: u32) -> Key {
    Key {
        id: key_id(number),
        kind: KeyKind::System,
        name: format!("key {number}"),
        key_prefix: Some(format!("{number:08}").parse().unwrap()),
        created_at: at(i64::from(number)),
        digest: (digest(number), 1),
    }
}

pub(crate) fn switched(service: &str, enforce: bool, since: i64) -> Enforcement {
    Enforcement { service: service.parse().unwrap(), enforce, since: at(since) }
}

pub(crate) fn claim(scope: &str, key: &str, made: &Token) -> Claim {
    Claim {
        scope: scope.to_owned(),
        key: key.to_owned(),
        body: digest(77),
        made: made.id.to_string(),
        expires_at: at(DAY),
    }
}

/// What a token asks for so many milliseconds after the start.
pub(crate) fn ask(number: u32, token: &Token, millis: i64) -> Ask {
    Ask {
        id: ask_id(number),
        service: token.service.clone(),
        token: token.id,
        scopes: vec!["write:jobs".parse().unwrap()],
        lasts: Lifetime::Seconds(600),
        reason: format!("reason {number}"),
        by: token.id.to_string(),
        made_at: at(millis),
        mark: Digest::from_bytes([u8::try_from(number % 256).unwrap(); 32]),
        answer: None,
        revision: 1,
    }
}

/// The ask as this leaves it.
pub(crate) fn answered(ask: &Ask, said: Said) -> Ask {
    let answer = Answer { said, by: user_id(1).to_string(), at: at(5_000), note: "a \"note\"\n".to_owned() };
    Ask { answer: Some(answer), revision: ask.revision + 1, ..ask.clone() }
}

/// What is approved of an ask: all of it.
pub(crate) fn approved(ask: &Ask) -> Said {
    Said::Approved { scopes: ask.scopes.clone(), until: at(605_000) }
}

/// Everybody's asks, in one page.
pub(crate) fn all_asks() -> AskQuery {
    AskQuery {
        seen: SeenAsks::All,
        service: None,
        token: None,
        open: false,
        open_since: Timestamp::MIN,
        page: page(1000),
    }
}

pub(crate) fn line(action: &'static str, subject: &str) -> AuditLine {
    AuditLine {
        at: at(0),
        origin: Origin { actor: ActorId::Local, client_ip: None, request: None },
        action,
        subject: subject.to_owned(),
        service: None,
        detail: serde_json::json!({}),
    }
}

/// The changes, with one audit line that names how many they are.
pub(crate) fn mutation(changes: Vec<Change>) -> Mutation {
    let audit = vec![line("test.change", &format!("{} changes", changes.len()))];
    Mutation::given(changes, audit, at(0))
}

pub(crate) fn page(limit: usize) -> PageQuery {
    PageQuery { after: None, limit }
}

/// All of a service's tokens at a moment, in one page.
pub(crate) fn tokens_of(service: ServiceName, now: Timestamp) -> TokenQuery {
    let sort = TokenSort::default();
    TokenQuery {
        service,
        owner: None,
        state: None,
        text: None,
        scope: None,
        prefix: None,
        unused_since: None,
        created_before: None,
        parent: None,
        sort,
        now,
        idle_since: None,
        old_form_ended: false,
        page: page(1000),
    }
}
