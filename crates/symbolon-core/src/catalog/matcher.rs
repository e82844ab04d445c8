//! Which route a path is. One tree of segments for each method; a literal wins over a parameter, a parameter over a
//! tail, at the first segment where they differ. What is compared is decoded, byte for byte.
//!
//! Routers differ about that, and the one that counts is the application's. So it is also known here which routes a path
//! may be to others: to those that compare literals before they decode (axum, Express), that take a literal in any case,
//! that make nothing of a slash at the end (Express), see an empty tail (Starlette) or an empty parameter (Fastify) behind
//! it, or take a long segment for no parameter (Fastify). `crates/symbolon/tests/routers` asks the real ones.

use std::collections::HashMap;

use crate::target::{decoded, plainly_spelled};

/// The longest segment, in bytes, that is a parameter to every router: Fastify's default.
const LONG_PARAMETER: usize = 100;

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

    /// Whether it has an upper-case letter or ends with a slash, and so may be meant by a path that has neither. Of `/`
    /// there is no path without the slash.
    fn is_uneven(&self) -> bool {
        self.0.len() > 1
            && self.0.iter().any(|segment| match segment {
                Segment::Literal(text) => text.is_empty() || !folded(text).eq(text.chars()),
                Segment::Parameter | Segment::Tail => false,
            })
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

impl Node {
    /// Where the literals lead that differ from `text` by case alone.
    fn alike(&self, text: &str) -> impl Iterator<Item = usize> {
        let alike = move |literal: &str| *literal != *text && folded(literal).eq(folded(text));
        self.literals.iter().filter(move |(literal, _)| alike(literal)).map(|(_, next)| *next)
    }
}

/// One spelling for all that differs by case alone, whichever case a router takes it to.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
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

    /// Adds to `found` every route that some router may take the path for; `rest` begins at a segment, `None` is the
    /// path's end. The answer is whether every router stops at what was found here, so that nothing less special is
    /// looked at. What a pattern has exactly is always certain: whoever wrote two patterns that differ by case or by a
    /// slash has a router that keeps them apart.
    fn readings(&self, node: usize, rest: Option<&str>, found: &mut Vec<RouteIndex>) -> bool {
        let node = &self.0[node];
        let Some(rest) = rest else {
            let slash = || node.literals.get("").and_then(|next| self.0[*next].route);
            found.extend(node.route.or_else(slash));
            return node.route.is_some();
        };
        let (segment, rest) = match rest.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (rest, None),
        };
        let Ok(text) = decoded(segment) else { return false };
        if let Some(next) = node.literals.get(&*text)
            && self.readings(*next, rest, found)
            && plainly_spelled(segment)
        {
            return true;
        }
        for next in node.alike(&text) {
            self.readings(next, rest, found);
        }
        if segment.is_empty() {
            // Only the last segment of a path can be: this is a slash at the end.
            let parameter = node.parameter.and_then(|next| self.0[next].route);
            found.extend([node.route, parameter, node.tail].into_iter().flatten());
            return false;
        }
        if let Some(next) = node.parameter
            && self.readings(next, rest, found)
            && segment.len() <= LONG_PARAMETER
        {
            return true;
        }
        found.extend(node.tail);
        node.tail.is_some()
    }
}

fn claim(place: &mut Option<RouteIndex>, route: RouteIndex) -> Result<(), RouteIndex> {
    let holder = *place.get_or_insert(route);
    if holder == route { Ok(()) } else { Err(holder) }
}

/// All routes of a catalog under all its mounts, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    trees: HashMap<Box<str>, Tree>,
    /// Whether a pattern is uneven. If none is, a short path without escapes, upper-case letters and a slash at its end
    /// has one reading.
    uneven: bool,
}

impl Matcher {
    /// Adds a route; the error is the route that claims the same requests already.
    pub(super) fn insert(
        &mut self,
        method: &str,
        pattern: &Pattern,
        route: RouteIndex,
    ) -> Result<(), RouteIndex> {
        self.uneven |= pattern.is_uneven();
        let tree = self.trees.entry(method.into()).or_insert_with(|| Tree(vec![Node::default()]));
        tree.insert(pattern, route)
    }

    /// The route of a method and a path. HEAD follows GET unless it has routes of its own.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<RouteIndex> {
        let find = |method: &str| self.trees.get(method)?.find(0, path.strip_prefix('/')?);
        find(method).or_else(|| if method == "HEAD" { find("GET") } else { None })
    }

    /// The routes that a path with a route may be to routers that read it otherwise; that route may be among them. For
    /// HEAD they are also those of GET: a router that has both for a path may pick by the path first.
    pub(super) fn readings(&self, method: &str, path: &str) -> Vec<RouteIndex> {
        let odd = |byte: u8| byte == b'%' || byte.is_ascii_uppercase();
        let misread = || path.ends_with('/') || path.len() > LONG_PARAMETER || path.bytes().any(odd);
        let mut found = Vec::new();
        if self.uneven || method == "HEAD" || misread() {
            let methods = [Some(method), (method == "HEAD").then_some("GET")];
            for tree in methods.into_iter().flatten().filter_map(|method| self.trees.get(method)) {
                tree.readings(0, path.strip_prefix('/'), &mut found);
            }
        }
        found
    }

    /// The methods that have a route at this path, sorted; HEAD where GET has one.
    pub(super) fn methods(&self, path: &str) -> Vec<&str> {
        let Some(rest) = path.strip_prefix('/') else { return Vec::new() };
        let found = self.trees.iter().filter(|(_, tree)| tree.find(0, rest).is_some());
        let mut methods: Vec<&str> = found.map(|(method, _)| &**method).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods
    }
}
