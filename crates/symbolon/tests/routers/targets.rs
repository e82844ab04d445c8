//! Requests near the routes of a table, and the ways in which they can be written.

use super::support::SplitMix;
use super::table::Table;

const METHODS: [&str; 11] =
    ["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "PROPFIND"];

/// Segments: what might be an id, and what somebody would try.
const SEGMENTS: [&str; 28] = [
    "7",
    "%37",
    "new",
    "New",
    "NEW",
    "mine",
    "Mine",
    "@me",
    "@ME",
    "%40me",
    "first",
    "latest",
    "users",
    "things",
    "v1",
    "a.b",
    "...",
    "-",
    "~x",
    "a:b",
    "x,y=z",
    "(1)*",
    "a%20b",
    "%e2%82%ac",
    "CAF%C3%89",
    "caf%c3%a9",
    "$&'!+",
    "a%2Cb",
];

/// Pieces that are no segment of anybody's.
const ODDITIES: [&str; 24] = [
    "", ".", "..", "%2e", "%2E%2e", "..;", ";x=1", "a;b", "\\", "%5c", "%2F", "%2f..%2f", "%00", "%25",
    "%252e", "%zz", "%", "%c0%af", "%ff", "|", "%0a", "%7f", "{id}", "[1]",
];

const QUERIES: [&str; 12] =
    ["", "", "", "", "?", "?a=/../", "?/admin", "??", "?a=%2e%2e&b=\\", "?x;y", "?_=%zz", "?a=http://h//b"];

/// A request's method and target.
pub(crate) fn draw(chance: &mut SplitMix, table: &Table) -> (String, Vec<u8>) {
    let (method, pattern) = table.routes()[chance.below(table.routes().len())];
    let method = if chance.below(4) == 0 { METHODS[chance.below(METHODS.len())] } else { method };
    let mut segments: Vec<String> = Vec::new();
    let mount = table.mounts()[chance.below(table.mounts().len())];
    segments.extend(mount.split('/').skip(1).map(str::to_owned));
    for part in pattern.split('/').skip(1) {
        let filled = part.starts_with('{');
        let count = if part.starts_with("{*") { 1 + chance.below(3) } else { 1 };
        for _ in 0..count {
            let number = part == "{number}" && chance.below(2) == 0;
            segments.push(match part {
                _ if number => chance.below(1000).to_string(),
                _ if filled || chance.below(12) == 0 => segment(chance),
                literal => literal.to_owned(),
            });
        }
    }
    // Most requests have one thing that is odd; some have none, and some have several.
    for _ in 0..[0, 1, 1, 1, 2, 3][chance.below(6)] {
        twist(chance, &mut segments);
    }
    let target = format!("/{}{}", segments.join("/"), QUERIES[chance.below(QUERIES.len())]);
    let mut target = target.into_bytes();
    if chance.below(50) == 0 {
        // Bytes that no URI has; those that end a line or a word would make another request of it.
        let at = 1 + chance.below(target.len());
        target.insert(at, [0x80, 0xc3, 0xff, b'"', b'<', b'^', b'`', b'#'][chance.below(8)]);
    }
    (method.to_owned(), target)
}

fn segment(chance: &mut SplitMix) -> String {
    match chance.below(40) {
        0 => "long".repeat(1 + chance.below(1500)),
        1 => ODDITIES[chance.below(ODDITIES.len())].to_owned(),
        2..10 => (0..=chance.below(6)).map(|_| anything(chance)).collect(),
        _ => SEGMENTS[chance.below(SEGMENTS.len())].to_owned(),
    }
}

/// A character of a segment, or an escape of some byte or of some character.
fn anything(chance: &mut SplitMix) -> String {
    match chance.below(6) {
        0 => format!("%{:02x}", chance.below(256)),
        1 => {
            let some = char::from_u32(u32::try_from(chance.below(0x3000)).unwrap()).unwrap_or('x');
            some.to_string().bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
        }
        _ => char::from(u8::try_from(0x21 + chance.below(0x5e)).unwrap()).to_string(),
    }
}

/// Writes the path otherwise.
fn twist(chance: &mut SplitMix, segments: &mut Vec<String>) {
    let at = chance.below(segments.len());
    match chance.below(9) {
        0..3 => segments[at] = escaped(chance, &segments[at]),
        3 => segments[at] = segments[at].to_uppercase(),
        4 => segments[at] = cased(chance, &segments[at]),
        5 if segments.last().is_some_and(String::is_empty) => drop(segments.pop()),
        5 => segments.push(String::new()),
        6 => segments.insert(at, ODDITIES[chance.below(ODDITIES.len())].to_owned()),
        7 => segments.insert(at, segment(chance)),
        _ => segments[at] += ODDITIES[chance.below(ODDITIES.len())],
    }
    if segments.is_empty() {
        segments.push(String::new());
    }
}

/// The same segment with one of its characters escaped, in either case.
fn escaped(chance: &mut SplitMix, segment: &str) -> String {
    if segment.is_empty() || !segment.is_ascii() {
        return segment.to_owned();
    }
    let at = chance.below(segment.len());
    let byte = segment.as_bytes()[at];
    let escape = match (byte, chance.below(2)) {
        (b'%', _) => return segment.to_lowercase(),
        (_, 0) => format!("%{byte:02x}"),
        _ => format!("%{byte:02X}"),
    };
    format!("{}{escape}{}", &segment[..at], &segment[at + 1..])
}

/// The same segment with one of its letters in the other case.
fn cased(chance: &mut SplitMix, segment: &str) -> String {
    let turned = chance.below(segment.len().max(1));
    let turn = |(at, letter): (usize, char)| match letter {
        letter if at != turned => letter,
        letter if letter.is_ascii_uppercase() => letter.to_ascii_lowercase(),
        letter => letter.to_ascii_uppercase(),
    };
    segment.chars().enumerate().map(turn).collect()
}
