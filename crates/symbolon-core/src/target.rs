//! The request target, canonical or refused (DESIGN part 4, rule 1).
//!
//! The target is bytes. It is never given to a URL parser and never repaired: what two parsers might read
//! differently is refused. Only escapes of unreserved characters (RFC 3986 section 2.3) are decoded, once; the
//! other escapes stay, with upper-case digits.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;

/// The longest target that is looked at, in bytes.
pub const MAX_TARGET: usize = 8 * 1024;

/// Why a target is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TargetFault {
    /// Not origin-form: `*`, `host:port`, `http://…` or nothing.
    #[error("the target must begin with /")]
    NotOriginForm,
    /// More than [`MAX_TARGET`] bytes.
    #[error("the target is longer than 8192 bytes")]
    TooLong,
    /// A control or non-ASCII byte, a space, a quotation mark, a backtick, or one of `< > [ ] ^ { | }`: these
    /// must be escaped.
    #[error("the target holds a byte that must be percent-encoded")]
    Byte,
    /// `#`, `\` or `;`: read in different ways by different programs.
    #[error("the target holds #, \\ or ;")]
    Ambiguous,
    /// `//`: some servers merge them, some take what follows for a host.
    #[error("the path holds an empty segment (//)")]
    EmptySegment,
    /// `.` or `..`.
    #[error("the path holds a . or .. segment")]
    DotSegment,
    /// `%` without two hexadecimal digits.
    #[error("the path holds a percent escape that is not one")]
    Escape,
    /// `%2F` and the like: what it decodes to would change the meaning of the path.
    #[error("the path holds an escaped / \\ . % ; ? # or control character")]
    EscapedDelimiter,
    /// Escapes that are not UTF-8.
    #[error("the path's escapes are not UTF-8")]
    Utf8,
    /// The application may take it for another route, by whose rule it is not allowed. Found by the decision.
    #[error(
        "some applications take the path for another route, which is not allowed: write it without needless escapes, in \
         the case of the catalog and with its slash at the end or without, or ask for a token that both routes allow"
    )]
    TwoReadings,
}

/// A canonical target: what was decided about is what is forwarded. It prints without its query, where people
/// put secrets all the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Target<'a> {
    sent: &'a str,
    path: Cow<'a, str>,
    query: Option<&'a str>,
    /// Whether the path was sent without an escape and without an upper-case letter.
    plain: bool,
}

impl<'a> Target<'a> {
    /// Canonicalises `target`, or says why not.
    pub fn parse(target: &'a [u8]) -> Result<Self, TargetFault> {
        if target.first() != Some(&b'/') {
            return Err(TargetFault::NotOriginForm);
        }
        if target.len() > MAX_TARGET {
            return Err(TargetFault::TooLong);
        }
        let look = Look::at(target);
        let (path, query) = target.split_at(look.path);
        let query = query.get(1..).map(check_query).transpose()?;
        let written_anew = if look.canonical { None } else { canonical_path(path)? };
        // What is canonical has no byte beyond ASCII.
        let sent = std::str::from_utf8(path).map_err(|_| TargetFault::Byte)?;
        let path = written_anew.map_or(Cow::Borrowed(sent), Cow::Owned);
        Ok(Self { sent, path, query, plain: look.plain })
    }

    /// The canonical path, from its `/` on.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path in the spelling that was sent, which is what an application behind a gateway gets to read.
    pub fn sent_path(&self) -> &'a str {
        self.sent
    }

    /// Whether every router compares the path with its literals in the spelling that was sent: there is no escape in it, and
    /// no upper-case letter.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// The query as it came, without its `?`. It plays no part in the decision.
    pub fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// A copy that borrows nothing from the request.
    pub fn to_path_and_query(&self) -> String {
        match self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone().into_owned(),
        }
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}{})", self.path, if self.query.is_some() { "?…" } else { "" })
    }
}

fn check_query(query: &[u8]) -> Result<&str, TargetFault> {
    match query.iter().find(|b| !matches!(**b, 0x21..=0x7e) || **b == b'#') {
        Some(b'#') => Err(TargetFault::Ambiguous),
        Some(_) => Err(TargetFault::Byte),
        None => std::str::from_utf8(query).map_err(|_| TargetFault::Byte),
    }
}

/// Bytes that stand for themselves in a path: `pchar` of RFC 3986 without `;`, and `/`.
const fn plain(byte: u8) -> Result<(), TargetFault> {
    match byte {
        b'#' | b'\\' | b';' => Err(TargetFault::Ambiguous),
        b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'[' | b']' => Err(TargetFault::Byte),
        0x21..=0x7e => Ok(()),
        _ => Err(TargetFault::Byte),
    }
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~')
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The byte that the escape at the start of `bytes` stands for. `bytes[0]` is the `%`.
fn escape(bytes: &[u8]) -> Result<u8, TargetFault> {
    match bytes {
        [_, high, low, ..] => hex(*high).zip(hex(*low)).map(|(h, l)| h << 4 | l).ok_or(TargetFault::Escape),
        _ => Err(TargetFault::Escape),
    }
}

/// What is seen of a target at once, in one walk over its path.
struct Look {
    /// The length of the path.
    path: usize,
    /// Whether the path is canonical at first sight, as nearly all are: bytes that stand for themselves, no escape, and no
    /// segment that is empty or begins with a dot. Of any other [`canonical_path`] has to find out.
    canonical: bool,
    plain: bool,
}

impl Look {
    const ILL: u8 = 1;
    const ODD: u8 = 2;
    const SLASH: u8 = 4;
    /// What no segment may begin with.
    const ILL_BEGIN: u8 = 8;

    fn at(target: &[u8]) -> Self {
        const KINDS: [u8; 256] = {
            // Beyond ASCII nothing stands for itself.
            let mut kinds = [Look::ILL; 256];
            let mut byte: u8 = 0;
            while byte <= 0x7f {
                kinds[byte as usize] = match byte {
                    b'%' => Look::ILL | Look::ODD,
                    b'/' => Look::SLASH | Look::ILL_BEGIN,
                    b'.' => Look::ILL_BEGIN,
                    b'A'..=b'Z' => Look::ODD,
                    _ if plain(byte).is_err() => Look::ILL,
                    _ => 0,
                };
                byte += 1;
            }
            kinds
        };
        let path = memchr(b'?', target).unwrap_or(target.len());
        let (mut seen, mut after_slash) = (0, 0);
        for byte in &target[..path] {
            let kind = KINDS[usize::from(*byte)];
            seen |= kind | if kind & after_slash == 0 { 0 } else { Self::ILL };
            after_slash = if kind & Self::SLASH == 0 { 0 } else { Self::ILL_BEGIN };
        }
        Self { path, canonical: seen & Self::ILL == 0, plain: seen & Self::ODD == 0 }
    }
}

/// The path in its canonical spelling, where that is another one; or why it is none.
fn canonical_path(path: &[u8]) -> Result<Option<String>, TargetFault> {
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < path.len() {
        if path[at] != b'%' {
            plain(path[at])?;
            if let Some(out) = &mut out {
                out.push(path[at]);
            }
            at += 1;
            continue;
        }
        let byte = escape(&path[at..])?;
        match byte {
            b'/' | b'\\' | b'.' | b'%' | b';' | b'?' | b'#' => return Err(TargetFault::EscapedDelimiter),
            byte if byte.is_ascii_control() => return Err(TargetFault::EscapedDelimiter),
            _ => {}
        }
        let written = [b'%', path[at + 1].to_ascii_uppercase(), path[at + 2].to_ascii_uppercase()];
        if unreserved(byte) || written != path[at..at + 3] {
            out.get_or_insert_with(|| path[..at].to_vec());
        }
        if let Some(out) = &mut out {
            if unreserved(byte) { out.push(byte) } else { out.extend_from_slice(&written) }
        }
        at += 3;
    }
    let out = out.map(String::from_utf8).transpose().map_err(|_| TargetFault::Byte)?;
    let text = match &out {
        Some(out) => out,
        None => std::str::from_utf8(path).map_err(|_| TargetFault::Byte)?,
    };
    let mut segments = text[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        // The last segment may be empty: a trailing slash is a path of its own.
        if segment.is_empty() && segments.peek().is_some() {
            return Err(TargetFault::EmptySegment);
        }
        if segment == "." || segment == ".." {
            return Err(TargetFault::DotSegment);
        }
        decoded(segment)?;
    }
    Ok(out)
}

/// A canonical segment with its escapes decoded: what an application's router compares with its literals.
/// Comparing decoded text makes every spelling of a literal (`@me`, `%40me`) the same to us as to it.
pub fn decoded(segment: &str) -> Result<Cow<'_, str>, TargetFault> {
    if !segment.contains('%') {
        return Ok(Cow::Borrowed(segment));
    }
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(escape(&bytes[at..])?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| TargetFault::Utf8)
}

/// Whether a segment is spelled as one would write the literal that it decodes to: nothing is escaped that can stand
/// for itself, and the digits of the escapes that are needed are in upper case. Routers that compare before they decode
/// know a literal by this spelling alone.
pub(crate) fn plainly_spelled(segment: &str) -> bool {
    segment.split('%').skip(1).all(|rest| {
        let digits = rest.get(..2).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        plain(byte).is_err() && !digits.bytes().any(|digit| digit.is_ascii_lowercase())
    })
}
