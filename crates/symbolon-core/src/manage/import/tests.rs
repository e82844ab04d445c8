use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::id::UserId;
use crate::manage::revoke;
use crate::random::Entropy;

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn catalog(tokens: &str) -> Catalog {
    catalog_of(tokens, 43)
}

fn catalog_of(tokens: &str, length: usize) -> Catalog {
    let text = format!(
        "service = \"t\"\ntoken_prefix = \"tt\"\n[tokens]\n{tokens}\n[tokens.old_form]\nprefix = \"old_\"\nlength = {length}\n\
         alphabet = \"base64url\"\nlookup = 5\nhashed = \"whole\"\nuntil = 2027-06-30\n\
         [scopes]\n\"x:read\" = \"Read\"\n\"x:write\" = \"Write\"\n\
         [[routes]]\nscopes = [\"x:read\", \"x:write\"]\npaths = [\"GET /\"]\n"
    );
    Catalog::compile("t.toml", &text).unwrap()
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn owner() -> User {
    User {
        id: UserId::new(now(), &Sevens),
        name: "ann".parse().unwrap(),
        password: None,
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: BTreeMap::from([("t".parse().unwrap(), "user".parse().unwrap())]),
        created_at: now(),
        revision: 1,
    }
}

fn row(scopes: &[String], expires_at: Option<Timestamp>) -> Import {
    Import {
        prefix: "old_x-K_2".to_owned(),
        hash: ForeignHash::parse(&"0".repeat(64)).unwrap(),
        name: "n".to_owned(),
        scopes: scopes.to_vec(),
        expires_at,
    }
}

fn taken(catalog: &Catalog, row: Import) -> ImportedRow {
    import(catalog, Operator::System, &owner(), row, now(), &Sevens).unwrap()
}

fn later(hours: i64) -> Timestamp {
    now().checked_add(jiff::SignedDuration::from_hours(hours)).unwrap()
}

#[test]
fn an_end_is_the_rows_or_the_longest_that_the_service_allows() {
    for (tokens, asked, end) in [
        ("", None, None),
        ("", Some(later(5)), Some(later(5))),
        ("max_lifetime = \"10h\"", None, Some(later(10))),
        ("max_lifetime = \"10h\"", Some(later(5)), Some(later(5))),
        ("max_lifetime = \"10h\"", Some(later(11)), Some(later(10))),
        ("never_expires = false\ndefault_lifetime = \"7h\"", None, Some(later(7))),
        ("never_expires = false\ndefault_lifetime = \"7h\"", Some(later(11)), Some(later(11))),
    ] {
        let row = taken(&catalog(tokens), row(&["x:read".to_owned()], asked));
        assert_eq!(row.token.expires_at, end, "{tokens}");
        let notes: Vec<_> = end.filter(|_| end != asked).map(Note::EndsEarlier).into_iter().collect();
        assert_eq!(row.notes, notes, "{tokens}");
    }
}

#[test]
fn a_bcrypt_hash_of_more_than_it_looks_at_is_refused() {
    // With its prefix 73 characters.
    let long = catalog_of("", 69);
    let hash = ForeignHash::parse("$2b$04$abcdefghijklmnopqrstuuWSO0ttfl1Ewa65Vbxjtfs5qQnDhW8Di").unwrap();
    let row = Import { hash, ..row(&[], None) };
    let refused = import(&long, Operator::System, &owner(), row.clone(), now(), &Sevens).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("hash"));
    taken(&catalog(""), row);
}

#[test]
fn the_old_hash_lives_until_the_upgrade_or_the_revocation() {
    let token = taken(&catalog(""), row(&["x:read".to_owned()], None)).token;
    assert!(token.foreign().is_some() && token.digest.is_none() && token.is_of_old_form());
    let digest = (Digest::from_bytes([1; 32]), 1);
    let upgraded = upgrade(&token, digest).unwrap();
    assert_eq!((upgraded.digest, upgraded.foreign(), upgraded.revision), (Some(digest), None, 2));
    assert!(upgraded.is_of_old_form() && upgrade(&upgraded, digest).is_none());
    for token in [&token, &upgraded] {
        let tombstone = revoke(token, now()).unwrap();
        assert!(tombstone.digest.is_none() && tombstone.foreign().is_none() && !tombstone.is_of_old_form());
        assert!(upgrade(&tombstone, digest).is_none());
    }
}

proptest! {
    #[test]
    fn no_row_gets_a_scope_that_it_has_not_and_the_catalog_does_not_declare(
        words in prop::collection::vec("x:read|x:write|read|write|admin|\\*|[ -~]{0,9}", 0..6),
    ) {
        let catalog = catalog("");
        let ImportedRow { token, notes } = taken(&catalog, row(&words, None));
        for scope in &token.scopes {
            prop_assert!(words.iter().any(|word| word == scope.as_str()) && catalog.scope(scope).is_some());
        }
        prop_assert_eq!(token.scopes.is_empty(), notes.contains(&Note::Inert));
    }
}
