//! What a path is as one route: what it has below the mount, and the values of the route's parameters.

use std::borrow::Cow;

use super::Route;
use super::pattern::{Pattern, Segment, folded};
use crate::target::decoded;

/// A route's pattern under one mount.
#[derive(Debug)]
pub(super) struct Place {
    /// How many of the pattern's segments are the mount's.
    mount: usize,
    pattern: Pattern,
}

impl Place {
    /// `pattern` is that of the mount and the route's path together.
    pub(super) fn new(mount: &str, pattern: Pattern) -> Self {
        Self { mount: mount.matches('/').count(), pattern }
    }
}

/// A path as a router that takes it for one route reads it. All text is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The segments below the mount, as the route has them: its literals in their own case, and what stands in place of
    /// its parameters.
    pub segments: Vec<Cow<'a, str>>,
    /// The route's parameters by name. A tail is all its segments, with the slashes between them.
    pub parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl Route {
    /// How a canonical path is read by routers that take it for this route: under each mount where it fits, and letter case
    /// and a slash at the end aside, of which some make nothing. Empty where it does not fit; which paths a router takes
    /// for this route is for [`Catalog::find`](super::Catalog::find) and [`Catalog::readings`](super::Catalog::readings).
    pub fn read<'a>(&'a self, path: &'a str) -> Vec<Reading<'a>> {
        self.places.iter().filter_map(|place| place.read(path)).collect()
    }

    /// Whether a path that begins with these decoded segments below a mount can be of this route.
    pub fn reaches(&self, segments: &[Cow<'_, str>]) -> bool {
        let Some(place) = self.places.first() else { return false };
        let mut own = place.pattern.segments().iter().skip(place.mount);
        for text in segments {
            match own.next() {
                Some(Segment::Literal(literal)) if **literal == **text => {}
                Some(Segment::Parameter(_)) => {}
                Some(Segment::Tail(_)) => return true,
                Some(Segment::Literal(_)) | None => return false,
            }
        }
        true
    }

    /// The names of its parameters, in their order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let segments = self.places.first().into_iter().flat_map(|place| place.pattern.segments());
        segments.filter_map(|segment| match segment {
            Segment::Parameter(name) | Segment::Tail(name) => Some(&**name),
            Segment::Literal(_) => None,
        })
    }
}

impl Place {
    fn read<'a>(&'a self, path: &'a str) -> Option<Reading<'a>> {
        let sent: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let own = self.pattern.segments();
        let (mut segments, mut parameters) = (Vec::with_capacity(own.len()), Vec::new());
        let mut at = 0;
        for segment in own {
            let text = sent.get(at).map(|text| decoded(text)).transpose().ok()?;
            match (segment, text) {
                (Segment::Literal(literal), Some(text)) if folded(literal).eq(folded(&text)) => {
                    segments.push(Cow::Borrowed(&**literal));
                }
                // The slash at the end of a pattern, which the path has not.
                (Segment::Literal(literal), None) if literal.is_empty() => {
                    segments.push(Cow::Borrowed(""));
                }
                (Segment::Parameter(name), Some(text)) => {
                    parameters.push((&**name, text.clone()));
                    segments.push(text);
                }
                (Segment::Tail(name), Some(_)) => {
                    let rest: Vec<Cow<'a, str>> =
                        sent[at..].iter().map(|text| decoded(text)).collect::<Result<_, _>>().ok()?;
                    parameters.push((&**name, Cow::Owned(rest.join("/"))));
                    segments.extend(rest);
                    at = sent.len();
                    continue;
                }
                _ => return None,
            }
            at += 1;
        }
        // A slash at the end of the path, which the pattern has not.
        let fits = at >= sent.len() || sent[at..] == [""];
        fits.then(|| Reading { segments: segments.split_off(self.mount.min(segments.len())), parameters })
    }
}
