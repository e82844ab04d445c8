//! Which route a path is. One tree of segments for each method; a literal wins over a parameter, a parameter over a
//! tail, at the first segment where they differ. What is compared is decoded, byte for byte.
//!
//! Routers differ about that, and the one that counts is the application's. So it is also known here which routes a path
//! may be to others: to those that compare literals before they decode (axum, Express), that take a literal in any case,
//! that make nothing of a slash at the end (Express), see an empty tail (Starlette) or an empty parameter (Fastify) behind
//! it, or take a long segment for no parameter (Fastify), or only some segments, such as numbers (Starlette, Express,
//! Fastify, where the parameter is written so). `crates/symbolon/tests/routers` asks the real ones.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::pattern::{Pattern, Segment, folded};
use crate::target::{decoded, plainly_spelled};

/// The longest segment, in bytes, that is a parameter to every router: Fastify's default.
const LONG_PARAMETER: usize = 100;

/// The place of a route in its catalog.
pub type RouteIndex = usize;

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<Box<str>, usize, FixedState>,
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

#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
    /// Whether a parameter may refuse a segment.
    typed: bool,
}

impl Tree {
    fn new(typed: bool) -> Self {
        Self { nodes: vec![Node::default()], typed }
    }

    fn insert(&mut self, pattern: &Pattern, route: RouteIndex) -> Result<(), RouteIndex> {
        let mut at = 0;
        for segment in pattern.segments() {
            let fresh = self.nodes.len();
            let next = match segment {
                Segment::Literal(text) => *self.nodes[at].literals.entry(text.clone()).or_insert(fresh),
                Segment::Parameter(_) => *self.nodes[at].parameter.get_or_insert(fresh),
                Segment::Tail(_) => return claim(&mut self.nodes[at].tail, route),
            };
            if next == fresh {
                self.nodes.push(Node::default());
            }
            at = next;
        }
        claim(&mut self.nodes[at].route, route)
    }

    /// `rest` begins at a segment; `escaped` says whether there may be escapes in it. Goes back where a literal leads
    /// nowhere, so it may look at each node once for each depth: bounded by the size of the tree, not by the path.
    fn find(&self, node: usize, rest: &str, escaped: bool) -> Option<RouteIndex> {
        let node = &self.nodes[node];
        let (segment, rest) = first_segment(rest);
        let go = |next: usize| match rest {
            Some(rest) => self.find(next, rest, escaped),
            None => self.nodes[next].route,
        };
        // A canonical path decodes; one that does not is no path of ours.
        let text = if escaped { decoded(segment).ok()? } else { Cow::Borrowed(segment) };
        if let Some(route) = node.literals.get(&*text).copied().and_then(go) {
            return Some(route);
        }
        if segment.is_empty() {
            return None;
        }
        node.parameter.and_then(go).or(node.tail)
    }

    /// Adds to `found` every route that some router may take the path for; `rest` begins at a segment, `None` is the
    /// path's end. `sure`: whether nothing on the way here may refuse the path. The answer is whether every router stops
    /// at what was found here, so that nothing less special is looked at. What a pattern has exactly is always certain:
    /// whoever wrote two patterns that differ by case or by a slash has a router that keeps them apart.
    fn gather(&self, node: usize, rest: Option<&str>, sure: bool, found: &mut Vec<RouteIndex>) -> bool {
        let node = &self.nodes[node];
        let Some(rest) = rest else {
            let slash = || node.literals.get("").and_then(|next| self.nodes[*next].route);
            found.extend(node.route.or_else(slash));
            return sure && node.route.is_some();
        };
        let (segment, rest) = first_segment(rest);
        let Ok(text) = decoded(segment) else { return false };
        if let Some(next) = node.literals.get(&*text)
            && self.gather(*next, rest, sure, found)
            && plainly_spelled(segment)
        {
            return true;
        }
        for next in node.alike(&text) {
            self.gather(next, rest, sure, found);
        }
        if segment.is_empty() {
            // Only the last segment of a path can be: this is a slash at the end.
            let parameter = node.parameter.and_then(|next| self.nodes[next].route);
            found.extend([node.route, parameter, node.tail].into_iter().flatten());
            return false;
        }
        if let Some(next) = node.parameter
            && self.gather(next, rest, sure && !self.typed, found)
            && segment.len() <= LONG_PARAMETER
        {
            return true;
        }
        found.extend(node.tail);
        sure && node.tail.is_some()
    }
}

/// What is before the first `/`, and what is behind it. Segments are short: the bytes are looked at one by one.
#[inline]
fn first_segment(path: &str) -> (&str, Option<&str>) {
    match path.bytes().position(|byte| byte == b'/') {
        Some(at) => (&path[..at], Some(&path[at + 1..])),
        None => (path, None),
    }
}

fn claim(place: &mut Option<RouteIndex>, route: RouteIndex) -> Result<(), RouteIndex> {
    let holder = *place.get_or_insert(route);
    if holder == route { Ok(()) } else { Err(holder) }
}

/// All routes of a catalog under all its mounts, ready to be asked.
#[derive(Debug)]
pub(super) struct Matcher {
    /// By method. There are few, and who asks for one compares faster than it hashes.
    trees: Vec<(Box<str>, Tree)>,
    /// Whether a parameter may refuse a segment.
    typed: bool,
    /// Whether a pattern is uneven. If none is, a short path without escapes, upper-case letters and a slash at its end
    /// has one reading, but for what its parameters refuse.
    uneven: bool,
    /// What was inserted, for each method.
    patterns: HashMap<Box<str>, Vec<(Pattern, RouteIndex)>>,
    /// For each route, those that its parameters leave a path to if they refuse it.
    rivals: Vec<Vec<RouteIndex>>,
}

impl Matcher {
    /// `typed`: whether a parameter of the application may refuse a segment.
    pub(super) fn new(typed: bool) -> Self {
        Self { trees: Vec::new(), typed, uneven: false, patterns: HashMap::new(), rivals: Vec::new() }
    }

    /// Adds a route; the error is the route that claims the same requests already.
    pub(super) fn insert(
        &mut self,
        method: &str,
        pattern: Pattern,
        route: RouteIndex,
    ) -> Result<(), RouteIndex> {
        self.uneven |= pattern.is_uneven();
        if self.tree(method).is_none() {
            self.trees.push((method.into(), Tree::new(self.typed)));
        }
        if let Some((_, tree)) = self.trees.iter_mut().find(|(of, _)| **of == *method) {
            tree.insert(&pattern, route)?;
        }
        if self.typed {
            self.compare(method, pattern, route);
        }
        Ok(())
    }

    fn compare(&mut self, method: &str, pattern: Pattern, route: RouteIndex) {
        self.rivals.resize_with(self.rivals.len().max(route + 1), Vec::new);
        let patterns = self.patterns.entry(method.into()).or_default();
        for (other, index) in &*patterns {
            let (own, rival) = if pattern.gives_way_to(other) {
                (route, *index)
            } else if other.gives_way_to(&pattern) {
                (*index, route)
            } else {
                continue;
            };
            if own != rival && !self.rivals[own].contains(&rival) {
                self.rivals[own].push(rival);
            }
        }
        patterns.push((pattern, route));
    }

    /// The routes that the parameters of this one leave a path to if they refuse it.
    pub(super) fn rivals(&self, route: RouteIndex) -> &[RouteIndex] {
        self.rivals.get(route).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a path that is found for `own`, and that `rival` is another reading of.
    pub(super) fn meet(&self, own: RouteIndex, rival: RouteIndex) -> bool {
        self.patterns.iter().any(|(method, patterns)| {
            let of = |index| patterns.iter().filter(move |(_, of)| *of == index).map(|(pattern, _)| pattern);
            of(own).flat_map(|own| of(rival).map(move |rival| (own, rival))).any(
                |(own_pattern, rival_pattern)| {
                    let path = own_pattern.in_common(rival_pattern);
                    let found =
                        own_pattern.gives_way_to(rival_pattern) && self.find(method, &path) == Some(own);
                    found && self.readings(Some(own), method, &path, false).contains(&rival)
                },
            )
        })
    }

    /// The route of a method and a path. HEAD follows GET unless it has routes of its own.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<RouteIndex> {
        let escaped = path.contains('%');
        let find = |method: &str| self.tree(method)?.find(0, path.strip_prefix('/')?, escaped);
        find(method).or_else(|| if method == "HEAD" { find("GET") } else { None })
    }

    fn tree(&self, method: &str) -> Option<&Tree> {
        self.trees.iter().find(|(of, _)| **of == *method).map(|(_, tree)| tree)
    }

    /// The routes that a path with a route may be to routers that read it otherwise; `own`, which was found for it, may
    /// be among them. For HEAD they are also those of GET: a router that has both for a path may pick by the path first.
    /// `plain`: there is no escape and no upper-case letter in the path.
    pub(super) fn readings(
        &self,
        own: Option<RouteIndex>,
        method: &str,
        path: &str,
        plain: bool,
    ) -> Vec<RouteIndex> {
        let gives_way = own.is_some_and(|own| !self.rivals(own).is_empty());
        let misread = || !plain || path.ends_with('/') || path.len() > LONG_PARAMETER;
        let mut found = Vec::new();
        if self.uneven || method == "HEAD" || gives_way || misread() {
            let methods = [Some(method), (method == "HEAD").then_some("GET")];
            for tree in methods.into_iter().flatten().filter_map(|method| self.tree(method)) {
                tree.gather(0, path.strip_prefix('/'), true, &mut found);
            }
        }
        found
    }

    /// The methods that have a route at this path, sorted; HEAD where GET has one.
    pub(super) fn methods(&self, path: &str) -> Vec<&str> {
        let Some(rest) = path.strip_prefix('/') else { return Vec::new() };
        let escaped = rest.contains('%');
        let found = self.trees.iter().filter(|(_, tree)| tree.find(0, rest, escaped).is_some());
        let mut methods: Vec<&str> = found.map(|(method, _)| &**method).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods
    }
}
