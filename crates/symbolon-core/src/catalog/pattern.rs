//! A path as a catalog writes it: literals, `{parameter}` and `{*tail}`.

use std::cmp::Ordering;

use crate::target::decoded;

/// A path pattern, split at its slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Segment>);

/// What stands between two slashes of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Decoded; equal to the segment, byte for byte.
    Literal(Box<str>),
    /// Any one segment that is not empty, by its name.
    Parameter(Box<str>),
    /// All that is left: at least one segment, the first not empty.
    Tail(Box<str>),
}

impl Segment {
    /// How special it is; the lowest is looked for first.
    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Parameter(_) => 1,
            Self::Tail(_) => 2,
        }
    }
}

impl Pattern {
    /// Reads `/printers/{id}` or `/static/{*rest}`. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!("the path {text:?} must begin with /"));
        };
        let parts: Vec<&str> = rest.split('/').collect();
        let last = parts.len() - 1;
        let mut names = Vec::new();
        let mut segments = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let segment = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => {
                    let (name, tail) = name.strip_prefix('*').map_or((name, false), |name| (name, true));
                    if tail && index != last {
                        return Err(format!(
                            "{part:?} in {text:?} takes all that is left, so it must stand last"
                        ));
                    }
                    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                        return Err(format!(
                            "{part:?} in {text:?} needs a name of letters, digits and _, such as {{id}}"
                        ));
                    }
                    if names.contains(&name) {
                        return Err(format!("{text:?} has two parameters named {name:?}"));
                    }
                    names.push(name);
                    if tail { Segment::Tail(name.into()) } else { Segment::Parameter(name.into()) }
                }
                None => literal(part, text)?,
            };
            segments.push(segment);
        }
        // Written so that the reader sees what is matched: a pattern that is not canonical would match nothing.
        let sample = text.replace(['{', '}', '*'], "");
        match crate::target::Target::parse(sample.as_bytes()) {
            Ok(target) if target.path() == sample => Ok(Self(segments)),
            Ok(target) => {
                Err(format!("the path {text:?} is not canonical; write it like {:?}", target.path()))
            }
            Err(fault) => Err(format!("the path {text:?} cannot be matched: {fault}")),
        }
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Without a slash at its end, of which some routers make nothing.
    fn without_slash(&self) -> &[Segment] {
        match self.0.as_slice() {
            [rest @ .., Segment::Literal(last)] if last.is_empty() && !rest.is_empty() => rest,
            all => all,
        }
    }

    /// A path that fits this one and, but for a slash at the end, `other`, if there is any.
    pub(super) fn in_common(&self, other: &Self) -> String {
        let (own, theirs) = (&self.0, other.without_slash());
        let mut path = String::new();
        for at in 0..own.len().max(theirs.len()) {
            let literal =
                [own.get(at), theirs.get(at)].into_iter().flatten().find_map(|segment| match segment {
                    Segment::Literal(text) => Some(&**text),
                    Segment::Parameter(_) | Segment::Tail(_) => None,
                });
            // What somebody would hardly write into a catalog.
            path.push('/');
            path += &literal.map_or_else(|| "~0~".to_owned(), encoded);
        }
        path
    }

    /// Whether a path that is found for this one may fit `other` too, and is that to a router in which a parameter of
    /// this one refuses it.
    pub(super) fn gives_way_to(&self, other: &Self) -> bool {
        let mut special = Ordering::Equal;
        let mut tail = false;
        let (ours, others) = (self.without_slash(), other.without_slash());
        for (own, theirs) in ours.iter().zip(others) {
            match (own, theirs) {
                (Segment::Literal(own), Segment::Literal(theirs)) if own != theirs => return false,
                _ => special = special.then(own.rank().cmp(&theirs.rank())),
            }
            tail = matches!(own, Segment::Tail(_)) || matches!(theirs, Segment::Tail(_));
            if tail {
                break;
            }
        }
        let overlap = tail || ours.len() == others.len();
        overlap && special.is_lt() && self.0.iter().any(|own| matches!(own, Segment::Parameter(_)))
    }

    /// Whether it has an upper-case letter or ends with a slash, and so may be meant by a path that has neither. Of `/`
    /// there is no path without the slash.
    pub(super) fn is_uneven(&self) -> bool {
        self.0.len() > 1
            && self.0.iter().any(|segment| match segment {
                Segment::Literal(text) => text.is_empty() || !folded(text).eq(text.chars()),
                Segment::Parameter(_) | Segment::Tail(_) => false,
            })
    }
}

/// A literal as a path has it.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~.!$&'()*+,=:@".contains(&byte);
    let encoded = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encoded).collect()
}

fn literal(part: &str, text: &str) -> Result<Segment, String> {
    if part.contains(['{', '}', '*']) {
        return Err(format!("{part:?} in {text:?} is neither a literal nor a whole {{parameter}}"));
    }
    let part = decoded(part).map_err(|fault| format!("the path {text:?} cannot be matched: {fault}"))?;
    Ok(Segment::Literal(part.into()))
}

/// One spelling for all that differs by case alone, whichever case a router takes it to.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
