//! Who may manage what.

use crate::catalog::{Catalog, Role};
use crate::code::{Code, Refusal};
use crate::name::ScopeName;
use crate::record::User;

/// Somebody who may manage, to be asked what.
#[derive(Debug, Clone, Copy)]
pub enum Operator<'a> {
    /// A system key, or somebody at the machine: everything.
    System,
    /// A signed-in user.
    User(&'a User),
}

impl Operator<'_> {
    /// Administration of users, keys and the audit of the whole installation.
    pub fn administers(self) -> Result<(), Refusal> {
        match self {
            Self::System => Ok(()),
            Self::User(user) if user.platform_admin => Ok(()),
            Self::User(_) => Err(Refusal::new(
                Code::InsufficientRole,
                "this needs a platform administrator, or the system key",
            )),
        }
    }

    fn role(self, catalog: &Catalog) -> Option<Role> {
        match self {
            Self::System => Some(catalog.roles.strongest()),
            Self::User(user) => catalog.role_of(user),
        }
    }

    /// Whether this operator manages tokens of `catalog`'s service at all.
    pub fn manages(self, catalog: &Catalog) -> Result<(), Refusal> {
        if self.role(catalog).is_some_and(|role| role.reaches(catalog.token_managers)) {
            return Ok(());
        }
        let needed = catalog.roles.name(catalog.token_managers);
        Err(Refusal::new(
            Code::InsufficientRole,
            format!("managing tokens of {} needs the role {needed} or a stronger one", catalog.service),
        ))
    }

    /// Whether this operator sees and manages the tokens of everybody up to their own role, or only their own.
    pub fn manages_others(self, catalog: &Catalog) -> bool {
        self.role(catalog).is_some_and(|role| role.reaches(catalog.token_admins))
    }

    /// Whether this operator may manage the tokens of `owner`.
    pub fn manages_tokens_of(self, catalog: &Catalog, owner: &User) -> Result<(), Refusal> {
        self.manages(catalog)?;
        let own = matches!(self, Self::User(user) if user.id == owner.id);
        // `None`, no role, is below every role.
        let within = catalog.role_of(owner) <= self.role(catalog);
        if matches!(self, Self::System) || own || (self.manages_others(catalog) && within) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::InsufficientRole,
            format!("your role in {} does not reach the tokens of {}", catalog.service, owner.name),
        ))
    }

    /// Whether this operator may give the tokens of `owner` rights: issue, edit or switch one on. The built-in user
    /// cannot be demoted or deactivated, so a token of its would outlive whoever made it: those are for the system
    /// key alone. Taking rights away needs only [`Operator::manages_tokens_of`].
    pub fn gives_rights_to(self, catalog: &Catalog, owner: &User) -> Result<(), Refusal> {
        self.manages_tokens_of(catalog, owner)?;
        if owner.is_system() && !matches!(self, Self::System) {
            let detail = "tokens of the built-in user system are made and changed by the system key alone";
            return Err(Refusal {
                field: Some("owner".to_owned()),
                ..Refusal::new(Code::InsufficientRole, detail)
            });
        }
        Ok(())
    }

    /// The scopes that this operator may grant to a token of `owner`, in the catalog's order; none where no token may
    /// be issued to them.
    pub fn grantable<'c>(self, catalog: &'c Catalog, owner: &User) -> Vec<&'c ScopeName> {
        if self.gives_rights_to(catalog, owner).is_err() {
            return Vec::new();
        }
        let names = catalog.scopes().iter().map(|scope| &scope.name);
        names.filter(|name| self.grants(catalog, owner, name, "scopes").is_ok()).collect()
    }

    /// Whether a scope fits both this operator and the owner.
    pub(super) fn grants(
        self,
        catalog: &Catalog,
        owner: &User,
        scope: &ScopeName,
        field: &str,
    ) -> Result<(), Refusal> {
        let Some(detail) = catalog.scope(scope) else {
            let known: Vec<_> = catalog.scopes().iter().map(|scope| scope.name.as_str()).collect();
            let detail = format!("{} has no scope {scope}; it has {}", catalog.service, known.join(", "));
            return Err(Refusal::field(field, detail));
        };
        let Some(min) = detail.min_role else { return Ok(()) };
        for (who, role) in [("you have", self.role(catalog)), ("the owner has", catalog.role_of(owner))] {
            if !role.is_some_and(|role| role.reaches(min)) {
                let name = role.map_or("no role", |role| catalog.roles.name(role).as_str());
                let needed = catalog.roles.name(min);
                return Err(Refusal {
                    code: Code::InsufficientRole,
                    field: Some(field.to_owned()),
                    detail: format!("scope {scope} needs the role {needed}; {who} {name}"),
                });
            }
        }
        Ok(())
    }
}
