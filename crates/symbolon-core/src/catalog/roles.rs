//! Roles of one service: a line from weakest to strongest, each including those before it.

use crate::name::RoleName;

/// A role of one catalog: its place in the line. Comparable only within that catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(usize);

impl Role {
    /// The place in the line, from 0.
    pub fn index(self) -> usize {
        self.0
    }

    /// Whether somebody of this role may do what `needed` may.
    pub fn reaches(self, needed: Self) -> bool {
        self >= needed
    }
}

/// The line of roles; never empty.
#[derive(Debug, Clone)]
pub struct Roles(Vec<RoleName>);

impl Roles {
    /// From weakest to strongest; `None` for an empty line.
    pub(super) fn new(names: Vec<RoleName>) -> Option<Self> {
        if names.is_empty() { None } else { Some(Self(names)) }
    }

    /// The role of this name.
    pub fn get(&self, name: &str) -> Option<Role> {
        self.0.iter().position(|role| role.as_str() == name).map(Role)
    }

    /// The name of a role of this line.
    pub fn name(&self, role: Role) -> &RoleName {
        &self.0[role.0]
    }

    /// The weakest.
    pub fn weakest(&self) -> Role {
        Role(0)
    }

    /// The strongest.
    pub fn strongest(&self) -> Role {
        Role(self.0.len() - 1)
    }

    /// All, from weakest to strongest.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &RoleName)> {
        self.0.iter().enumerate().map(|(index, name)| (Role(index), name))
    }
}
