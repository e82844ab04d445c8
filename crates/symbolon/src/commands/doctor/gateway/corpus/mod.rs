//! The corpus of confusions, as data: targets that two programs may read as two paths, headers that say what only a
//! gateway should say, and methods that are none.
//!
//! The command sends it through an operator's gateway, the tests through every gateway that they start. Each shape was
//! somebody's hole; where it has a public name, the comment has it.

mod headers;
mod targets;

pub(crate) use headers::HEADER_TRICKS;
pub(crate) use targets::TARGETS;

/// Two paths of one application: the caller may read the open one, and must not reach the closed one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    /// Such as `/api/printers`.
    pub(crate) open: &'a str,
    /// Such as `/api/backups`.
    pub(crate) closed: &'a str,
}

/// A target that may be read in two ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Confusion {
    /// What it does, for a finding.
    pub(crate) name: &'static str,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Bytes with marks for the paths, as [`expand`] reads them.
    Text(&'static [u8]),
    /// From the open path up as often as it has segments, then down to the closed one.
    Climb { slash: &'static [u8], dots: &'static [u8] },
    /// The same from the closed path to the open one.
    Back { slash: &'static [u8], dots: &'static [u8] },
}

/// Headers that a client has no business sending.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeaderTrick {
    /// What it does, for a finding.
    pub(crate) name: &'static str,
    /// The method of the request.
    pub(crate) method: &'static str,
    /// Where the request goes.
    pub(crate) aim: Aim,
    /// Names and values; a value may hold the marks of [`expand`].
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Whether Symbolon refuses such a request when it comes with a token, wherever it goes.
    pub(crate) refused: bool,
}

/// The path of a request with a trick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    Open,
    Closed,
}

/// Methods that are none, sent to the open path and to the closed one. Invented ones, so that nothing is done by them
/// where the application itself answers.
pub(crate) const METHODS: &[&str] = &["get", "Get", "SYMBOLON", "TRACE"];

/// What a forged identity says; to be found in what arrives.
pub(crate) const FORGED: &str = "forged-by-doctor";

/// Symbolon's session cookie, forged; to be found in no `Cookie` that arrives.
pub(crate) const OWN_COOKIE: &str = "symbolon_session=forged-by-doctor";

/// The same between an application's own.
pub(crate) const COOKIES: &str = "app=1; symbolon_session=forged-by-doctor; other=2";

impl Confusion {
    /// The bytes of the target.
    pub(crate) fn target(&self, places: Places<'_>) -> Vec<u8> {
        match self.shape {
            Shape::Text(template) => expand(template, places),
            Shape::Climb { slash, dots } => climbed(places.open, places.closed, slash, dots),
            Shape::Back { slash, dots } => climbed(places.closed, places.open, slash, dots),
        }
    }
}

/// One path, up to the root, and another.
fn climbed(from: &str, to: &str, slash: &[u8], dots: &[u8]) -> Vec<u8> {
    let mut target = from.as_bytes().to_vec();
    for _ in 0..segments(from) {
        target.extend([slash, dots].concat());
    }
    // With the dots in the slash there is one already.
    if !dots.is_empty() {
        target.extend(slash);
    }
    target.extend(bare(to).as_bytes());
    target
}

/// How many segments a path has.
fn segments(path: &str) -> usize {
    bare(path).split('/').filter(|segment| !segment.is_empty()).count().max(1)
}

/// Puts the paths, without their first `/`, where the marks stand: `{open}`, `{closed}`, `{CLOSED}` in upper case,
/// `{%closed}` with its last letter escaped, `{%%closed}` with it escaped twice.
pub(crate) fn expand(template: &[u8], places: Places<'_>) -> Vec<u8> {
    let closed = bare(places.closed);
    let (head, last) = closed.split_at(closed.len().saturating_sub(1));
    let last = last.as_bytes().first().copied().unwrap_or_default();
    let marks: [(&[u8], String); 5] = [
        (b"{open}", bare(places.open).to_owned()),
        (b"{closed}", closed.to_owned()),
        (b"{CLOSED}", closed.to_ascii_uppercase()),
        (b"{%closed}", format!("{head}%{last:02x}")),
        (b"{%%closed}", format!("{head}%25{last:02x}")),
    ];
    let mut out = Vec::new();
    let mut rest = template;
    while let Some((first, after)) = rest.split_first() {
        if let Some((mark, path)) = marks.iter().find(|(mark, _)| rest.starts_with(mark)) {
            out.extend(path.as_bytes());
            rest = &rest[mark.len()..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

fn bare(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}
