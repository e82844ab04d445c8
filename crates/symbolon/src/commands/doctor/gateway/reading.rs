//! How an application might read a target, at its loosest: what two programs disagree about is decided here for the
//! reading that does harm.

/// How often somebody may decode: a proxy, a framework and a careless handler.
const DECODINGS: usize = 3;

/// Whether some application could take `target` for `path`, or for something beneath it.
pub(super) fn could_mean(target: &[u8], path: &str) -> bool {
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let mut text = without_origin(target).to_vec();
    for _ in 0..=DECODINGS {
        // `//x/y` is a path with an empty segment, or the path `/y` of the host `x`.
        let behind_host = match text[..] {
            [b'/' | b'\\', b'/' | b'\\', ref rest @ ..] => {
                rest.iter().position(|byte| *byte == b'/').map(|slash| rest[slash..].to_vec())
            }
            _ => None,
        };
        let readings = [Some(text.clone()), behind_host];
        if readings.iter().flatten().any(|text| is_at(&resolved(text), path.as_bytes())) {
            return true;
        }
        let decoded = decoded(&text);
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    false
}

/// Without scheme and host.
fn without_origin(target: &[u8]) -> &[u8] {
    let scheme = target
        .iter()
        .position(|byte| *byte == b':')
        .filter(|colon| *colon > 0 && target[..*colon].iter().all(u8::is_ascii_alphabetic));
    let Some(colon) = scheme else { return target };
    let rest = &target[colon + 1..];
    rest.strip_prefix(b"//").map_or(rest, |rest| {
        let slash = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        &rest[slash..]
    })
}

/// The path without query, NUL, parameters, empty and dot segments, in lower case.
fn resolved(text: &[u8]) -> Vec<u8> {
    let end = text.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(text.len());
    let text: Vec<u8> = text[..end].iter().copied().filter(|byte| *byte != 0).collect();
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in text.split(|byte| matches!(byte, b'/' | b'\\')) {
        let plain = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        match plain {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(plain),
        }
    }
    let mut path: Vec<u8> = kept.into_iter().flat_map(|segment| [b"/", segment].concat()).collect();
    path.make_ascii_lowercase();
    path
}

/// What follows may be a segment, an extension, or what some systems do not see at the end of a name.
fn is_at(reading: &[u8], path: &[u8]) -> bool {
    reading.strip_prefix(path).is_some_and(|rest| rest.first().is_none_or(|byte| !is_of_a_name(*byte)))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~')
}

/// Escapes decoded once: those of RFC 3986, those of IIS (`%u002e`), and dots and slashes in two bytes of UTF-8.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let (byte, length) = match rest {
            [b'%', b'u', b'0', b'0', high, low, ..] => (pair(*high, *low), 6),
            [b'%', high, low, ..] => (pair(*high, *low), 3),
            _ => (None, 1),
        };
        if let Some(byte) = byte {
            out.push(byte);
            rest = &rest[length..];
        } else {
            out.push(*first);
            rest = after;
        }
        if let [.., 0xc0, tail @ 0x80..=0xbf] = out[..] {
            out.truncate(out.len() - 2);
            out.push(tail & 0x3f);
        }
    }
    out
}

fn pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::super::corpus::{Places, TARGETS};
    use super::*;

    #[test]
    fn confusions_are_read_as_what_they_aim_at() {
        let places = Places { open: "/api/printers", closed: "/api/backups" };
        let elsewhere = [
            "dots of three",
            "dot segments to the open path",
            "the closed path behind a fragment",
            "the closed path behind a query",
            // No known system takes the wide slash for a slash.
            "a wide slash",
            "a missing slash after /static",
        ];
        for confusion in TARGETS {
            let target = confusion.target(places);
            let aimed = could_mean(&target, places.closed);
            let shown = target.escape_ascii();
            assert_eq!(aimed, !elsewhere.contains(&confusion.name), "{}: {shown}", confusion.name);
        }
    }

    #[test]
    fn another_path_is_not_taken_for_it() {
        for target in
            ["/", "/api/backupsx", "/api/backup", "/api", "/x/api/backups", "/api/printers?/api/backups"]
        {
            assert!(!could_mean(target.as_bytes(), "/api/backups"), "{target}");
        }
    }
}
