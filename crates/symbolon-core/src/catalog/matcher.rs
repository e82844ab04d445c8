//! Which route a canonical path is. One tree of segments for each method; a literal wins over a parameter, a
//! parameter over a tail, at the first segment where they differ.

use std::collections::HashMap;

use crate::target::decoded;

/// The place of a route in its catalog.
pub type RouteIndex = usize;

/// A path pattern, split at its slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// Decoded; equal to the segment, byte for byte.
    Literal(Box<str>),
    /// Any one segment that is not empty. The name is for people.
    Parameter,
    /// All that is left: at least one segment, the first not empty.
    Tail,
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
                    if tail { Segment::Tail } else { Segment::Parameter }
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
}

fn literal(part: &str, text: &str) -> Result<Segment, String> {
    if part.contains(['{', '}', '*']) {
        return Err(format!("{part:?} in {text:?} is neither a literal nor a whole {{parameter}}"));
    }
    let part = decoded(part).map_err(|fault| format!("the path {text:?} cannot be matched: {fault}"))?;
    Ok(Segment::Literal(part.into()))
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<Box<str>, usize>,
    parameter: Option<usize>,
    tail: Option<RouteIndex>,
    route: Option<RouteIndex>,
}

#[derive(Debug)]
struct Tree(Vec<Node>);

impl Tree {
    fn insert(&mut self, pattern: &Pattern, route: RouteIndex) -> Result<(), RouteIndex> {
        let mut at = 0;
        for segment in &pattern.0 {
            let fresh = self.0.len();
            let next = match segment {
                Segment::Literal(text) => *self.0[at].literals.entry(text.clone()).or_insert(fresh),
                Segment::Parameter => *self.0[at].parameter.get_or_insert(fresh),
                Segment::Tail => return claim(&mut self.0[at].tail, route),
            };
            if next == fresh {
                self.0.push(Node::default());
            }
            at = next;
        }
        claim(&mut self.0[at].route, route)
    }

    /// `rest` begins at a segment. Goes back where a literal leads nowhere, so it may look at each node once for
    /// each depth: bounded by the size of the tree, not by the path.
    fn find(&self, node: usize, rest: &str) -> Option<RouteIndex> {
        let node = &self.0[node];
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        let go = |next: usize| match rest {
            Some(rest) => self.find(next, rest),
            None => self.0[next].route,
        };
        // A canonical path decodes; one that does not is no path of ours.
        let text = decoded(segment).ok()?;
        if let Some(route) = node.literals.get(&*text).copied().and_then(go) {
            return Some(route);
        }
        if segment.is_empty() {
            return None;
        }
        node.parameter.and_then(go).or(node.tail)
    }
}

fn claim(place: &mut Option<RouteIndex>, route: RouteIndex) -> Result<(), RouteIndex> {
    let holder = *place.get_or_insert(route);
    if holder == route { Ok(()) } else { Err(holder) }
}

/// All routes of a catalog under all its mounts, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Matcher(HashMap<Box<str>, Tree>);

impl Matcher {
    /// Adds a route; the error is the route that claims the same requests already.
    pub(super) fn insert(
        &mut self,
        method: &str,
        pattern: &Pattern,
        route: RouteIndex,
    ) -> Result<(), RouteIndex> {
        let tree = self.0.entry(method.into()).or_insert_with(|| Tree(vec![Node::default()]));
        tree.insert(pattern, route)
    }

    /// The route of a method and a canonical path. HEAD follows GET unless it has routes of its own.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<RouteIndex> {
        let find = |method: &str| self.0.get(method)?.find(0, path.strip_prefix('/')?);
        find(method).or_else(|| if method == "HEAD" { find("GET") } else { None })
    }

    /// The methods that have a route at this path, sorted; HEAD where GET has one.
    pub(super) fn methods(&self, path: &str) -> Vec<&str> {
        let Some(rest) = path.strip_prefix('/') else { return Vec::new() };
        let found = self.0.iter().filter(|(_, tree)| tree.find(0, rest).is_some());
        let mut methods: Vec<&str> = found.map(|(method, _)| &**method).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods
    }
}
