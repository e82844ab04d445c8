//! The request target, canonical or refused (DESIGN part 4, rule 1).
//!
//! The target is bytes. It is never given to a URL parser and never repaired: what two parsers might read
//! differently is refused. Only escapes of unreserved characters (RFC 3986 section 2.3) are decoded, once; the
//! other escapes stay, with upper-case digits.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

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
        let (path, query) = match target.iter().position(|b| *b == b'?') {
            Some(at) => (&target[..at], Some(&target[at + 1..])),
            None => (target, None),
        };
        let query = query.map(check_query).transpose()?;
        let canonical = canonical_path(path)?;
        let sent = std::str::from_utf8(path).map_err(|_| TargetFault::Byte)?;
        Ok(Self { sent, path: canonical, query })
    }

    /// The canonical path, from its `/` on.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path in the spelling that was sent, which is what an application behind a gateway gets to read.
    pub fn sent_path(&self) -> &'a str {
        self.sent
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
fn plain(byte: u8) -> Result<(), TargetFault> {
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

/// Whether a path is canonical at first sight, as nearly all are: bytes that stand for themselves, no escape, and no
/// segment that is empty or begins with a dot. Of any other [`canonical_path`] has to find out.
fn plainly_canonical(path: &[u8]) -> bool {
    const PLAIN: [bool; 256] = {
        let mut plain = [false; 256];
        let mut byte: u8 = 0x21;
        while byte <= 0x7e {
            let ill = matches!(byte, b'%' | b'#' | b'\\' | b';' | b'"' | b'<' | b'>' | b'^' | b'`')
                || matches!(byte, b'{' | b'|' | b'}' | b'[' | b']');
            plain[byte as usize] = !ill;
            byte += 1;
        }
        plain
    };
    let mut before = 0;
    path.iter().all(|byte| {
        let begins_ill = before == b'/' && matches!(byte, b'/' | b'.');
        before = *byte;
        PLAIN[usize::from(*byte)] && !begins_ill
    })
}

fn canonical_path(path: &[u8]) -> Result<Cow<'_, str>, TargetFault> {
    if plainly_canonical(path) {
        return std::str::from_utf8(path).map(Cow::Borrowed).map_err(|_| TargetFault::Byte);
    }
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
    let text = match out {
        Some(out) => Cow::Owned(String::from_utf8(out).map_err(|_| TargetFault::Byte)?),
        None => Cow::Borrowed(std::str::from_utf8(path).map_err(|_| TargetFault::Byte)?),
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
    Ok(text)
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
