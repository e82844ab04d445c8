//! Scopes as sets: a catalog's scopes get numbers, a set of them is bits, and an implication is a bit mask.

use std::collections::HashMap;

use crate::name::ScopeName;

/// A set of one catalog's scopes. Only meaningful together with the [`Vocabulary`] that numbered them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ScopeSet([u64; 4]);

impl ScopeSet {
    /// How many scopes one catalog can declare.
    pub const CAPACITY: usize = 256;

    /// No scopes: no rights.
    pub const EMPTY: Self = Self([0; 4]);

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    /// Whether every scope of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a & !b == 0)
    }

    /// Whether no scope is in it.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Every scope of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut set = *self;
        set.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        set
    }

    /// Every scope of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut set = *self;
        set.0.iter_mut().zip(other.0).for_each(|(a, b)| *a &= b);
        set
    }

    fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::CAPACITY).filter(move |index| self.contains(*index))
    }
}

/// Implications that lead back to where they began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ScopeName>);

/// The scopes of one catalog, numbered in the order of the file, with what each implies.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: Vec<ScopeName>,
    numbers: HashMap<ScopeName, usize>,
    /// For each scope, itself and everything that it implies, directly or not.
    closures: Vec<ScopeSet>,
}

impl Vocabulary {
    /// Numbers `names` and closes them under `implications` (pairs "this includes that"). Names beyond
    /// [`ScopeSet::CAPACITY`], doubles and implications of undeclared names are the caller's to refuse first;
    /// here they are left out.
    pub fn new(names: Vec<ScopeName>, implications: &[(ScopeName, ScopeName)]) -> Result<Self, Cycle> {
        let names: Vec<_> = names.into_iter().take(ScopeSet::CAPACITY).collect();
        let numbers: HashMap<_, _> = names.iter().cloned().enumerate().map(|(i, name)| (name, i)).collect();
        let mut direct = vec![Vec::new(); names.len()];
        for (from, to) in implications {
            if let (Some(from), Some(to)) = (numbers.get(from), numbers.get(to)) {
                direct[*from].push(*to);
            }
        }
        let mut closures = vec![ScopeSet::EMPTY; names.len()];
        let mut state = vec![Visit::Not; names.len()];
        for index in 0..names.len() {
            let mut path = Vec::new();
            close(index, &direct, &mut closures, &mut state, &mut path)
                .map_err(|at| Cycle(path[at..].iter().map(|i: &usize| names[*i].clone()).collect()))?;
        }
        Ok(Self { names, numbers, closures })
    }

    /// The declared scopes, in the order of the file.
    pub fn names(&self) -> &[ScopeName] {
        &self.names
    }

    /// Whether the catalog declares this scope.
    pub fn declares(&self, name: &ScopeName) -> bool {
        self.numbers.contains_key(name)
    }

    /// The set of exactly these; names that the catalog does not declare are inert and left out.
    pub fn set<'a>(&self, names: impl IntoIterator<Item = &'a ScopeName>) -> ScopeSet {
        let mut set = ScopeSet::EMPTY;
        names.into_iter().filter_map(|name| self.numbers.get(name)).for_each(|index| set.insert(*index));
        set
    }

    /// `set` and everything that it implies.
    pub fn close(&self, set: ScopeSet) -> ScopeSet {
        set.indices()
            .filter_map(|index| self.closures.get(index))
            .fold(set, |all, closure| all.union(closure))
    }

    /// The names in `set`, in the order of the file.
    pub fn list(&self, set: ScopeSet) -> impl Iterator<Item = &ScopeName> {
        set.indices().filter_map(|index| self.names.get(index))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Not,
    Open,
    Done,
}

/// Depth first; an open scope met again is a cycle, and `path` from the returned position on is it.
fn close(
    index: usize,
    direct: &[Vec<usize>],
    closures: &mut [ScopeSet],
    state: &mut [Visit],
    path: &mut Vec<usize>,
) -> Result<(), usize> {
    match state[index] {
        Visit::Done => return Ok(()),
        Visit::Open => return Err(path.iter().position(|i| *i == index).unwrap_or(0)),
        Visit::Not => {}
    }
    state[index] = Visit::Open;
    path.push(index);
    let mut closure = ScopeSet::EMPTY;
    closure.insert(index);
    for implied in &direct[index] {
        close(*implied, direct, closures, state, path)?;
        closure = closure.union(&closures[*implied]);
    }
    path.pop();
    state[index] = Visit::Done;
    closures[index] = closure;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(count: usize) -> Vec<ScopeName> {
        (0..count).map(|i| format!("s{i}").parse().unwrap()).collect()
    }

    /// A vocabulary of up to 40 scopes whose implications go from higher to lower numbers, so without cycles.
    fn vocabularies() -> impl Strategy<Value = Vocabulary> {
        (2_usize..40).prop_flat_map(|count| {
            prop::collection::vec((0..count, 0..count), 0..80).prop_map(move |pairs| {
                let all = names(count);
                let pairs: Vec<_> = pairs
                    .into_iter()
                    .filter(|(a, b)| a != b)
                    .map(|(a, b)| (all[a.max(b)].clone(), all[a.min(b)].clone()))
                    .collect();
                Vocabulary::new(all, &pairs).unwrap()
            })
        })
    }

    fn set(bits: &[usize]) -> ScopeSet {
        let mut set = ScopeSet::EMPTY;
        for bit in bits {
            set.insert(*bit);
        }
        set
    }

    proptest! {
        #[test]
        fn closure_is_idempotent_and_monotone(
            vocabulary in vocabularies(),
            some in prop::collection::vec(0_usize..40, 0..10),
            more in prop::collection::vec(0_usize..40, 0..10),
        ) {
            let (some, more) = (set(&some), set(&more));
            let closed = vocabulary.close(some);
            prop_assert!(some.is_subset(&closed));
            prop_assert_eq!(vocabulary.close(closed), closed);
            prop_assert!(closed.is_subset(&vocabulary.close(some.union(&more))));
            prop_assert_eq!(vocabulary.close(ScopeSet::EMPTY), ScopeSet::EMPTY);
        }
    }

    #[test]
    fn a_cycle_is_named() {
        let all = names(4);
        let pair = |a: usize, b: usize| (all[a].clone(), all[b].clone());
        let cycle = Vocabulary::new(all.clone(), &[pair(0, 1), pair(1, 2), pair(2, 1)]).unwrap_err();
        assert_eq!(cycle.0, [all[1].clone(), all[2].clone()]);
        assert!(Vocabulary::new(all.clone(), &[pair(3, 3)]).is_err());
    }
}
