//! What is canonical, and what is refused.

use proptest::prelude::*;

use super::*;

fn path(target: &str) -> Result<String, TargetFault> {
    Target::parse(target.as_bytes()).map(|target| target.path().to_owned())
}

#[test]
fn canonical_forms() {
    for (target, canonical) in [
        ("/", "/"),
        ("/api/printers", "/api/printers"),
        ("/api/printers/", "/api/printers/"),
        ("/api/%70rinters?x=%2F..//", "/api/printers"),
        ("/a%20b", "/a%20b"),
        ("/%61%20b%40%21", "/a%20b%40%21"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/%7euser", "/~user"),
        ("/users/@me", "/users/@me"),
        ("/users/%40me", "/users/%40me"),
        ("/...", "/..."),
        ("/.well-known", "/.well-known"),
    ] {
        assert_eq!(path(target).as_deref(), Ok(canonical), "{target}");
    }
}

#[test]
fn refused_not_repaired() {
    use TargetFault as F;
    for (target, fault) in [
        ("", F::NotOriginForm),
        ("*", F::NotOriginForm),
        ("http://host/", F::NotOriginForm),
        ("host:80", F::NotOriginForm),
        ("//admin", F::EmptySegment),
        ("/a//b", F::EmptySegment),
        ("/a//", F::EmptySegment),
        ("/a/./b", F::DotSegment),
        ("/a/..", F::DotSegment),
        ("/pub/%2e%2e/admin", F::EscapedDelimiter),
        ("/pub%2f..%2fadmin", F::EscapedDelimiter),
        ("/a%5cb", F::EscapedDelimiter),
        ("/a%00", F::EscapedDelimiter),
        ("/a%7F", F::EscapedDelimiter),
        ("/a%25", F::EscapedDelimiter),
        ("/a%3B", F::EscapedDelimiter),
        ("/a%3fb", F::EscapedDelimiter),
        ("/a%23", F::EscapedDelimiter),
        ("/pub/..;/admin", F::Ambiguous),
        ("/a\\b", F::Ambiguous),
        ("/a#b", F::Ambiguous),
        ("/a?b#c", F::Ambiguous),
        ("/a b", F::Byte),
        ("/a\tb", F::Byte),
        ("/caf\u{e9}", F::Byte),
        ("/a?\r\n", F::Byte),
        ("/a\"b", F::Byte),
        ("/a%", F::Escape),
        ("/a%4", F::Escape),
        ("/a%zz", F::Escape),
        ("/a%+1", F::Escape),
        ("/a%ff", F::Utf8),
        ("/a%c0%af", F::Utf8),
        ("/a%c3/%a9", F::Utf8),
    ] {
        assert_eq!(path(target), Err(fault), "{target:?}");
    }
    assert_eq!(path(&format!("/{}", "a".repeat(MAX_TARGET))), Err(F::TooLong));
}

proptest! {
    #[test]
    fn canonicalisation_is_idempotent(target in "(/|%|[a-zA-Z0-9.;~@!]|%[0-9a-fA-F]{2}|\\PC){0,24}") {
        let target = format!("/{target}");
        if let Ok(once) = path(&target) {
            prop_assert_eq!(path(&once), Ok(once.clone()));
        }
    }

    /// What is seen at once is what would be found out.
    #[test]
    fn what_is_plainly_canonical_is_canonical(path in "(/|[.%#;~@a-zA-Z0-9?]|[\"<>^`{|}\\[\\]\\\\ é]){0,12}") {
        let target = format!("/{path}");
        let path = target.split('?').next().unwrap();
        let look = Look::at(target.as_bytes());
        prop_assert_eq!(look.path, path.len());
        prop_assert_eq!(look.plain, !path.bytes().any(|byte| byte == b'%' || byte.is_ascii_uppercase()));
        if look.canonical {
            prop_assert!(path.bytes().all(|byte| byte != b'%' && plain(byte).is_ok()));
            let mut segments = path[1..].split('/').peekable();
            while let Some(segment) = segments.next() {
                prop_assert!(!segment.starts_with('.'));
                prop_assert!(!segment.is_empty() || segments.peek().is_none());
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(target in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(target) = Target::parse(&target) {
            prop_assert!(target.path().starts_with('/') && !target.path().contains("//"));
        }
    }
}
