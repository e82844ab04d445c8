use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::derived::{Loan, Parent};
use crate::digest::Digest;
use crate::metadata::Metadata;
use crate::record::{Enforcement, Key, KeyKind, PasswordHash, Session, Token, User};
use crate::restriction::Restrictions;
use crate::rotation::{Grace, OldSecret, Rotation};
use crate::session::SessionKey;

fn keys(current: u8, former: &[u8]) -> Keys {
    let pepper = |byte: u8| Pepper::new(u32::from(byte), &Zeroizing::new([byte; 32]));
    let keys = Keys::new(pepper(current), SessionKey::new(&Zeroizing::new([1; 32])));
    Keys { former_peppers: former.iter().map(|byte| pepper(*byte)).collect(), ..keys }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn token() -> Token {
    Token {
        id: "tok_00000000000170008000000000000001".parse().unwrap(),
        service: "odin".parse().unwrap(),
        name: "ci".to_owned(),
        description: String::new(),
        metadata: Metadata::default(),
        owner: "usr_00000000000170008000000000000001".parse().unwrap(),
        token_prefix: "AAAAAAAA".parse().unwrap(),
        scopes: vec!["read:jobs".parse().unwrap()],
        profile: None,
        disabled: false,
        created_at: at(1),
        updated_at: at(1),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 1,
        digest: Some((Digest::from_bytes([5; 32]), 1)),
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

/// A token of these secrets besides the present one.
fn rotated(rotation: Rotation) -> Token {
    Token { rotation, ..token() }
}

fn restricted(json: &str) -> Token {
    Token { restrictions: serde_json::from_str(json).unwrap(), ..token() }
}

/// The child of a token of this number, so far from one that was not derived.
fn derived(parent: u8, depth: u8) -> Token {
    let id = format!("tok_0000000000017000800000000000000{parent}").parse().unwrap();
    Token { parent: Some(Parent { id, depth }), ..token() }
}

fn loan() -> Loan {
    Loan {
        scopes: vec!["read:jobs".parse().unwrap()],
        until: at(2),
        by: "usr_a".to_owned(),
        ask: "ask_a".to_owned(),
    }
}

fn lent(loans: &[Loan]) -> Token {
    Token { loans: loans.to_vec(), ..token() }
}

fn user() -> User {
    User {
        id: token().owner,
        name: "ann".parse().unwrap(),
        password: None,
        password_temporary: false,
        active: false,
        platform_admin: false,
        roles: BTreeMap::new(),
        created_at: at(1),
        revision: 1,
    }
}

fn roles(pairs: &[(&str, &str)]) -> BTreeMap<crate::name::ServiceName, crate::name::RoleName> {
    pairs.iter().map(|(service, role)| (service.parse().unwrap(), role.parse().unwrap())).collect()
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    Metadata::kept(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// Rows of one kind, no two alike: no two have one seal, and none is taken for another.
fn all_differ<S: Sealed + std::fmt::Debug>(rows: &[S]) {
    let sealer = Sealer::new(&keys(1, &[]));
    let seals: HashSet<_> = rows.iter().map(|row| *sealer.seal(row).as_bytes()).collect();
    assert_eq!(seals.len(), rows.len(), "{rows:?}");
    for (at, row) in rows.iter().enumerate() {
        for (other, found) in rows.iter().enumerate() {
            let verdict = sealer.check(found, Some(sealer.seal(row).as_bytes()));
            assert_eq!(verdict == Verdict::Whole, at == other, "{row:?} {found:?}");
        }
    }
}

#[test]
fn a_change_of_any_field_of_a_token_breaks_its_seal() {
    let scope = |name: &str| name.parse().unwrap();
    let secret = Digest::from_bytes([7; 32]);
    let old = OldSecret { digest: (secret, 1), until: None, grace: Some(Grace::DEFAULT) };
    all_differ(&vec![
        token(),
        Token { id: "tok_00000000000170008000000000000002".parse().unwrap(), ..token() },
        Token { service: "odysseus".parse().unwrap(), ..token() },
        Token { name: "c".to_owned(), description: "i".to_owned(), ..token() },
        Token { name: "cd".to_owned(), ..token() },
        Token { metadata: metadata(&[("a", "b")]), ..token() },
        Token { metadata: metadata(&[("a", ""), ("b", "")]), ..token() },
        Token { owner: "usr_00000000000170008000000000000002".parse().unwrap(), ..token() },
        Token { token_prefix: "AAAAAAAB".parse().unwrap(), ..token() },
        Token { scopes: vec![scope("read:jobs"), scope("write:jobs")], ..token() },
        Token { scopes: vec![], ..token() },
        Token { profile: Some(String::new()), ..token() },
        Token { profile: Some("watch".to_owned()), ..token() },
        Token { disabled: true, ..token() },
        Token { created_at: at(2), ..token() },
        Token { updated_at: at(2), ..token() },
        Token { expires_at: Some(at(2)), ..token() },
        Token { revoked_at: Some(at(2)), ..token() },
        Token { revision: 2, ..token() },
        Token { digest: Some((Digest::from_bytes([6; 32]), 1)), ..token() },
        Token { digest: Some((Digest::from_bytes([5; 32]), 2)), ..token() },
        Token { digest: None, ..token() },
        rotated(Rotation { at: Some(at(2)), ..Rotation::default() }),
        rotated(Rotation { first_used_at: Some(at(2)), ..Rotation::default() }),
        rotated(Rotation { reused_at: Some(at(2)), ..Rotation::default() }),
        rotated(Rotation { old: Some(old), ..Rotation::default() }),
        rotated(Rotation { old: Some(OldSecret { digest: (secret, 2), ..old }), ..Rotation::default() }),
        rotated(Rotation { old: Some(OldSecret { until: Some(at(3)), ..old }), ..Rotation::default() }),
        rotated(Rotation { old: Some(OldSecret { grace: None, ..old }), ..Rotation::default() }),
        rotated(Rotation { retired: vec![(secret, 1)], ..Rotation::default() }),
        rotated(Rotation { retired: vec![(secret, 1), (secret, 1)], ..Rotation::default() }),
        Token { rate_limit: Some("10/1m".parse().unwrap()), ..token() },
        Token { rate_limit: Some("11/1m".parse().unwrap()), ..token() },
        derived(1, 1),
        derived(2, 1),
        derived(1, 2),
        Token { derive: 1, ..token() },
        Token { derive: 2, ..token() },
        Token { change_limit: Some("10/1m".parse().unwrap()), ..token() },
        Token { change_limit: Some("11/1m".parse().unwrap()), ..token() },
        lent(&[loan()]),
        lent(&[loan(), loan()]),
        lent(&[Loan { until: at(3), ..loan() }]),
        lent(&[Loan { by: "usr_b".to_owned(), ..loan() }]),
        lent(&[Loan { ask: "ask_b".to_owned(), ..loan() }]),
        lent(&[Loan { scopes: vec![scope("read:jobs"), scope("write:jobs")], ..loan() }]),
        lent(&[Loan { scopes: vec![scope("write:jobs")], ..loan() }]),
        restricted(r#"{"networks":["10.0.0.0/8"]}"#),
        restricted(r#"{"methods":["GET"]}"#),
        restricted(r#"{"methods":["GET","POST"]}"#),
        restricted(r#"{"paths":["/a"]}"#),
        restricted(r#"{"parameters":{"id":["1"]}}"#),
        restricted(r#"{"parameters":{"id":["1","2"]}}"#),
    ]);
    let (sealer, used) = (Sealer::new(&keys(1, &[])), Token { last_used_at: Some(at(9)), ..token() });
    assert_eq!(sealer.seal(&token()), sealer.seal(&used), "use writes no seal");
}

#[test]
fn a_change_of_any_field_of_a_user_breaks_its_seal() {
    all_differ(&[
        user(),
        User { id: "usr_00000000000170008000000000000002".parse().unwrap(), ..user() },
        User { name: "bob".parse().unwrap(), ..user() },
        User { password: Some(PasswordHash::from_phc("$argon2id$1".to_owned())), ..user() },
        User { password: Some(PasswordHash::from_phc("$argon2id$2".to_owned())), ..user() },
        User { password_temporary: true, ..user() },
        User { active: true, ..user() },
        User { platform_admin: true, ..user() },
        User { roles: roles(&[("odin", "admin")]), ..user() },
        User { roles: roles(&[("odin", "viewer")]), ..user() },
        User { roles: roles(&[("odin", "viewer"), ("odysseus", "admin")]), ..user() },
        User { roles: roles(&[("odin", "admin"), ("odysseus", "viewer")]), ..user() },
        User { created_at: at(2), ..user() },
        User { revision: 2, ..user() },
    ]);
}

#[test]
fn a_change_of_any_field_of_a_key_a_session_or_a_switch_breaks_its_seal() {
    let key = Key {
        id: "key_00000000000170008000000000000001".parse().unwrap(),
        kind: KeyKind::System,
        name: "k".to_owned(),
        key_prefix: None,
        created_at: at(1),
        digest: (Digest::from_bytes([5; 32]), 1),
    };
    all_differ(&[
        key.clone(),
        Key { id: "key_00000000000170008000000000000002".parse().unwrap(), ..key.clone() },
        Key { kind: KeyKind::Verifier("odin".parse().unwrap()), ..key.clone() },
        Key { kind: KeyKind::Verifier("odysseus".parse().unwrap()), ..key.clone() },
        Key { name: "l".to_owned(), ..key.clone() },
        Key { key_prefix: Some("AAAAAAAA".parse().unwrap()), ..key.clone() },
        Key { created_at: at(2), ..key.clone() },
        Key { digest: (Digest::from_bytes([6; 32]), 1), ..key.clone() },
        Key { digest: (Digest::from_bytes([5; 32]), 2), ..key },
    ]);
    let session = Session {
        id: "ses_00000000000170008000000000000001".parse().unwrap(),
        user: token().owner,
        created_at: at(1),
        expires_at: at(2),
        client_ip: None,
    };
    all_differ(&[
        session.clone(),
        Session { id: "ses_00000000000170008000000000000002".parse().unwrap(), ..session.clone() },
        Session { user: "usr_00000000000170008000000000000002".parse().unwrap(), ..session.clone() },
        Session { created_at: at(2), ..session.clone() },
        Session { expires_at: at(3), ..session.clone() },
        Session { client_ip: Some([127, 0, 0, 1].into()), ..session },
    ]);
    let switch = Enforcement { service: "odin".parse().unwrap(), enforce: true, since: at(1) };
    all_differ(&[
        switch.clone(),
        Enforcement { service: "odysseus".parse().unwrap(), ..switch.clone() },
        Enforcement { enforce: false, ..switch.clone() },
        Enforcement { since: at(2), ..switch },
    ]);
}

#[test]
fn a_seal_holds_under_the_peppers_in_use_and_under_no_other() {
    let seal = Sealer::new(&keys(1, &[])).seal(&token());
    let check = |keys: &Keys| Sealer::new(keys).check(&token(), Some(seal.as_bytes()));
    assert_eq!(check(&keys(1, &[])), Verdict::Whole);
    assert_eq!(check(&keys(2, &[1])), Verdict::Outdated);
    assert_eq!(check(&keys(2, &[3])), Verdict::Broken);
    // The number is not believed: the MAC is of that pepper's subkey or it is of none.
    let mut renamed = *seal.as_bytes();
    renamed[3] = 2;
    assert_eq!(Sealer::new(&keys(2, &[1])).check(&token(), Some(&renamed)), Verdict::Broken);
}

#[test]
fn no_seal_a_short_one_and_a_digest_for_one_are_broken() {
    let (keys, sealer) = (keys(1, &[]), Sealer::new(&keys(1, &[])));
    let seal = sealer.seal(&token());
    let digest = [&1_u32.to_be_bytes()[..], keys.pepper.digest(b"x").as_bytes()].concat();
    let mut longer = seal.as_bytes().to_vec();
    longer.push(0);
    for wrong in [None, Some(&[][..]), Some(&seal.as_bytes()[..35]), Some(&longer), Some(&digest)] {
        assert_eq!(sealer.check(&token(), wrong), Verdict::Broken, "{wrong:?}");
    }
}

#[test]
fn a_row_is_no_row_of_another_kind() {
    struct OfToken;
    struct OfKey;
    impl Sealed for OfToken {
        const KIND: Kind = Kind::Token;
        fn fields(&self, fields: &mut Fields) {
            fields.text(1, "same");
        }
    }
    impl Sealed for OfKey {
        const KIND: Kind = Kind::Key;
        fn fields(&self, fields: &mut Fields) {
            OfToken.fields(fields);
        }
    }
    let sealer = Sealer::new(&keys(1, &[]));
    let seal = sealer.seal(&OfToken);
    let found = [sealer.check(&OfToken, Some(seal.as_bytes())), sealer.check(&OfKey, Some(seal.as_bytes()))];
    assert_eq!(found, [Verdict::Whole, Verdict::Broken]);
}

#[test]
fn a_seal_is_pinned_for_what_is_in_databases_already() {
    // Changes only with VERSION, and then those of the version before must still be known.
    let seal = Sealer::new(&keys(1, &[])).seal(&token());
    assert_eq!(seal.as_bytes()[..8], [0, 0, 0, 1, 151, 181, 152, 204]);
}

proptest! {
    /// Texts that lie beside each other do not run together.
    #[test]
    fn what_is_moved_from_one_field_to_the_next_shows(text in "[a-c\\x00\\x01]{0,9}", cut in 0_usize..9) {
        let sealer = Sealer::new(&keys(1, &[]));
        let cut = cut.min(text.len());
        let row = |at: usize| {
            Token { name: text[..at].to_owned(), description: text[at..].to_owned(), ..token() }
        };
        prop_assert_eq!(sealer.seal(&row(cut)) == sealer.seal(&row(text.len())), cut == text.len());
    }

    #[test]
    fn every_changed_bit_of_a_seal_shows(at in 0_usize..Seal::LENGTH, bit in 0_u8..8) {
        let sealer = Sealer::new(&keys(1, &[2]));
        let mut seal = *sealer.seal(&token()).as_bytes();
        seal[at] ^= 1 << bit;
        prop_assert_eq!(sealer.check(&token(), Some(&seal)), Verdict::Broken);
    }
}
