//! What is printed for a log holds no secret.

use std::fmt::Debug;

use super::super::world::{World, request};
use super::super::{Decision, Identifier};
use super::SHOP;
use crate::credential::{Credentials, Presented, SessionCookie};
use crate::explain::Explanation;
use crate::token::{NewSecret, TokenText};

/// Neither as text nor as bytes, not even a longer part of it.
fn silent(printed: &impl Debug, secret: &str) {
    for text in [format!("{printed:?}"), format!("{printed:#?}").split_whitespace().collect()] {
        for part in secret.as_bytes().windows(12) {
            let shown = std::str::from_utf8(part).unwrap();
            let bytes = format!("{part:?}");
            let bytes = bytes.trim_matches(['[', ']']);
            let packed = bytes.replace(' ', "");
            assert!(!text.contains(shown) && !text.contains(bytes) && !text.contains(&packed), "{text}");
        }
    }
}

#[test]
fn a_printed_request_and_its_decision_hold_no_secret() {
    let mut world = World::new(SHOP);
    world.rules.session_cookie = true;
    let user = world.user(Some("admin"));
    let (token, (_, jwt), key) = (world.token(user, &["items:read"]), world.session(user), world.key(None));
    for secret in [&token, &jwt, &key] {
        let header = format!("Bearer {secret}");
        let cookie = SessionCookie { value: secret.as_bytes(), same_origin: true };
        let spread = Credentials {
            authorization: Some(header.as_bytes()),
            api_key: Some(secret.as_bytes()),
            repeated: true,
            cookie: Some(cookie),
        };
        let line = format!("GET /items?token={secret}");
        silent(&spread, secret);
        silent(&request(&line, spread), secret);
        silent(&Presented::Secret(secret.as_bytes()), secret);
        silent(&Presented::Cookie(cookie), secret);
        for line in [&line, "GET /users", "POST /nightly", "GET /health"] {
            let asked = request(line, Credentials { authorization: None, repeated: false, ..spread });
            let mut told = Explanation::default();
            let decision = world.judge().decide(&asked, &mut told);
            assert!(!matches!(decision, Decision::Unavailable));
            silent(&decision, secret);
            silent(&told, secret);
        }
        let identifier = Identifier { directory: &world, keys: &world.keys, now: world.now };
        let own = std::iter::once(&**world.catalog);
        silent(&identifier.identify(Presented::Secret(secret.as_bytes()), own).unwrap(), secret);
    }
    // The public identifier alone.
    let identifier = &token["shop_".len()..][..8];
    assert!(format!("{:?}", world.live(&token)).contains(identifier));
    silent(&world.live(&token), &token);
}

#[test]
fn printed_keys_and_new_secrets_hold_no_secret() {
    struct Bytes;
    impl crate::random::Entropy for Bytes {
        fn fill(&self, bytes: &mut [u8]) {
            for (index, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(index * 3 % 248).unwrap();
            }
        }
    }
    let world = World::new(SHOP);
    let secret = NewSecret::generate(&world.catalog.prefix, &Bytes);
    silent(&secret, secret.reveal());
    silent(&secret.text(), secret.reveal());
    let digest = secret.text().digest(&world.keys.pepper);
    assert_eq!(format!("{digest:?}"), "Digest(..)");
    assert_eq!(
        format!("{:?}", world.keys),
        "Keys { pepper: Pepper(1), former_peppers: [], sessions: SessionKey(..), former_sessions: [] }"
    );
    let text = TokenText::parse(&world.catalog.prefix, secret.reveal().as_bytes()).unwrap();
    assert_eq!(format!("{text:?}"), format!("TokenText({}…)", text.token_prefix()));
}
