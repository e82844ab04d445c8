//! Patterns drafted from paths that were seen.

/// The pattern of which a canonical path is most likely one of many: what looks like an id, or is no word that somebody
/// would write into a catalog, becomes a parameter. A draft, to be read by a person: `/users/ann` stays as it is.
pub fn drafted(path: &str) -> String {
    let mut parameters = 0;
    let segments = path.split('/').map(|segment| {
        if !is_id(segment) {
            return segment.to_owned();
        }
        parameters += 1;
        if parameters == 1 { "{id}".to_owned() } else { format!("{{id{parameters}}}") }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether a segment looks like one of many.
fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    let is_number = digits > 0 && segment.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let is_hex =
        digits > 0 && segment.len() >= 8 && segment.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    // `job-123`, `cus_42`, but not `v1` and not `oauth2`.
    let tail = segment.rsplit(['-', '_']).next().filter(|tail| tail.len() < segment.len());
    let is_numbered = tail.is_some_and(|tail| !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()));
    // A digest, a token or a name that somebody chose.
    let is_random = segment.len() > 40 || (segment.len() >= 12 && digits >= 2);
    is_number || is_hex || is_numbered || is_random || !segment.bytes().all(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::pattern::Pattern;
    use crate::target::Target;

    #[test]
    fn what_looks_like_an_id_becomes_a_parameter() {
        for (path, expected) in [
            ("/", "/"),
            ("/printers", "/printers"),
            ("/printers/", "/printers/"),
            ("/v1/oauth2/2fa/3d-models", "/v1/oauth2/2fa/3d-models"),
            ("/printers/7", "/printers/{id}"),
            ("/printers/7/jobs/8", "/printers/{id}/jobs/{id2}"),
            ("/jobs/job-123/cus_42", "/jobs/{id}/{id2}"),
            ("/a/0f8fad5b-d9cb-469f-a165-70867728950e", "/a/{id}"),
            ("/a/01890a5d-ac96-774b-bcce-b302099a8057/b", "/a/{id}/b"),
            ("/a/deadbeef1", "/a/{id}"),
            ("/reports/2024-05-01", "/reports/{id}"),
            ("/a/ann%20b/x@y.z/*", "/a/{id}/{id2}/{id3}"),
            ("/a/odin_7QhT2mXa9vK0Zc4Qe", "/a/{id}"),
            ("/users/ann", "/users/ann"),
        ] {
            assert_eq!(drafted(path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_draft_of_any_canonical_path_is_a_pattern(path in "(/[!-~]{0,20}){1,5}") {
            if let Ok(target) = Target::parse(path.as_bytes()) {
                let pattern = drafted(target.path());
                prop_assert!(Pattern::parse(&pattern).is_ok(), "{} {}", path, pattern);
            }
        }
    }
}
