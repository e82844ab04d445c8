//! A token and a user as a check sees them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::{Catalog, Role};
use crate::derived::Parent;
use crate::id::{TokenId, UserId};
use crate::lifetime::Lifetime;
use crate::name::{ScopeName, ServiceName};
use crate::rate::{Meters, Rate};
use crate::record::{Token, TokenState, User};
use crate::restriction::Restrictions;
use crate::rotation::{SecretUse, Which};
use crate::token::TokenPrefix;

/// What a decision needs of a token, and no more: small, and copied out of wherever it is kept. What few tokens have is
/// in [`Extra`].
#[derive(Debug, Clone, Copy)]
pub struct LiveToken<'a> {
    /// Its identity.
    pub id: TokenId,
    /// The service that it opens.
    pub service: &'a ServiceName,
    /// Granted scopes, sorted; also those that the catalog does not have, which are inert.
    pub scopes: &'a [ScopeName],
    /// Whose it is.
    pub owner: UserId,
    /// What lists show of the secret.
    pub token_prefix: TokenPrefix,
    /// Counts changes of the record.
    pub revision: u64,
    /// Switched off by hand.
    pub disabled: bool,
    /// Taken back: such a one is in no directory, and opens nothing if it is.
    pub revoked: bool,
    /// When the record was last changed, as a sign of life, in milliseconds since 1970.
    pub touched: i64,
    /// The first moment at which it no longer works, likewise; `None` is never.
    pub ends: Option<i64>,
    /// When it was last used, with what the record does not know yet, likewise.
    pub last_used: Option<i64>,
    /// Which of its secrets it was found by.
    pub which: Which,
    /// What few tokens have.
    pub extra: Option<&'a Extra>,
    /// Where its directory keeps it.
    pub place: Place,
}

/// Where a directory keeps a token, in numbers that only it understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the token is.
    pub at: u64,
    /// Where its owner is.
    pub owner: u32,
    /// Where what it is granted is.
    pub granted: u32,
    /// Whether it has an [`Extra`].
    pub extra: bool,
}

/// What a token has beyond [`LiveToken`], if it has anything.
#[derive(Debug, Clone)]
pub struct Extra {
    /// The whole record; left out where it says nothing that [`LiveToken`] does not.
    pub record: Option<Arc<Token>>,
    /// What was seen of its secrets, if it was rotated.
    pub secret_use: Option<Arc<SecretUse>>,
    /// How far it is into its rates, if it has any.
    pub meters: Arc<Meters>,
}

impl<'a> LiveToken<'a> {
    fn record(&self) -> Option<&'a Token> {
        self.extra.and_then(|extra| extra.record.as_deref())
    }

    /// The requests that it is restricted to, if it is.
    pub fn restrictions(&self) -> Option<&'a Restrictions> {
        self.record().map(|token| &token.restrictions).filter(|own| !own.is_empty())
    }

    /// When its present secret was made in place of another.
    pub fn rotated_at(&self) -> Option<Timestamp> {
        self.record()?.rotation.at
    }

    /// When its present secret was first used; known of one that was rotated.
    pub fn first_use(&self) -> Option<Timestamp> {
        let seen = self.extra.and_then(|extra| extra.secret_use.as_ref()).and_then(|seen| seen.first());
        seen.or_else(|| self.record()?.rotation.first_used_at)
    }

    /// Whether the secret that it was found by still works at `now`.
    pub(super) fn secret_works(&self, now: Timestamp) -> bool {
        match self.which {
            Which::Present => true,
            Which::Old => self.record().is_some_and(|token| token.rotation.old_works(self.first_use(), now)),
            Which::Retired => false,
        }
    }

    /// When the secret that it was found by ends by itself, as far as that is known.
    pub fn ends_at(&self, catalog: Option<&Catalog>) -> Option<Timestamp> {
        let old = || self.record()?.rotation.old_ends_at(self.first_use());
        let secret = if self.which == Which::Old { old() } else { None };
        let own = self.ends.and_then(|end| Timestamp::from_millisecond(end).ok());
        [own, self.old_form_ends(catalog), secret].into_iter().flatten().min()
    }

    /// The rate that it is held to.
    pub fn rate(&self, catalog: Option<&Catalog>) -> Option<Rate> {
        let own = self.record().and_then(|token| token.rate_limit);
        catalog.map_or(own, |catalog| catalog.limits.of_token(own))
    }

    /// The rate of requests that change something which it is held to.
    pub fn change_limit(&self) -> Option<Rate> {
        self.record()?.change_limit
    }

    /// The token that it was derived from.
    pub fn parent(&self) -> Option<Parent> {
        self.record()?.parent
    }

    /// The scopes that are lent to it at `now`.
    pub(super) fn lent(&self, now: Timestamp) -> impl Iterator<Item = &'a ScopeName> {
        let loans = self.record().map_or(&[][..], |token| token.loans.as_slice());
        loans.iter().filter(move |loan| loan.holds(now)).flat_map(|loan| &loan.scopes)
    }

    /// What the token is at `now` by its record alone.
    pub(super) fn recorded_state(&self, now: Timestamp) -> TokenState {
        if self.revoked {
            TokenState::Revoked
        } else if self.ends.is_some_and(|end| end <= now.as_millisecond()) {
            TokenState::Expired
        } else if self.disabled {
            TokenState::Disabled
        } else {
            TokenState::Active
        }
    }

    /// What the token is at `now`, with regard to how long it has lain unused. `catalog` is that of its service, if it has
    /// one now.
    pub fn state(&self, catalog: Option<&Catalog>, now: Timestamp) -> TokenState {
        match self.recorded_state(now) {
            TokenState::Active | TokenState::Disabled
                if self.is_idle(catalog, now) || self.is_outdated(catalog, now) =>
            {
                TokenState::Expired
            }
            state => state,
        }
    }

    /// Whether nobody has used or changed it for as long as its catalog lets it lie.
    pub(super) fn is_idle(&self, catalog: Option<&Catalog>, now: Timestamp) -> bool {
        let idle_expiry = catalog.map_or(Lifetime::Never, |catalog| catalog.policy.idle_expiry);
        let Some(long_ago) = idle_expiry.ago(now) else { return false };
        let long_ago = long_ago.as_millisecond();
        self.touched <= long_ago && self.last_used.is_none_or(|last| last <= long_ago)
    }

    /// Whether its secret is of an old form that counts no more.
    pub(super) fn is_outdated(&self, catalog: Option<&Catalog>, now: Timestamp) -> bool {
        self.old_form_ends(catalog).is_some_and(|end| end <= now)
    }

    /// From when on its secret counts no more, whatever the record says; only one of the old form has such an end. A
    /// catalog that declares no old form takes none.
    fn old_form_ends(&self, catalog: Option<&Catalog>) -> Option<Timestamp> {
        self.record().filter(|token| token.is_of_old_form())?;
        catalog.map(|catalog| catalog.old_form.as_ref().map_or(Timestamp::MIN, |form| form.until))
    }
}

impl Extra {
    /// Of a token whose whole record is kept, and nothing was noted of.
    pub fn of(token: Token) -> Self {
        Self { record: Some(Arc::new(token)), secret_use: None, meters: Arc::default() }
    }

    /// The token of the record, as found by its present secret in a directory that keeps it nowhere else. `None` without a
    /// record.
    pub fn live(&self) -> Option<LiveToken<'_>> {
        let token = self.record.as_deref()?;
        Some(LiveToken {
            id: token.id,
            service: &token.service,
            scopes: &token.scopes,
            owner: token.owner,
            token_prefix: token.token_prefix,
            revision: token.revision,
            disabled: token.disabled,
            revoked: token.revoked_at.is_some(),
            touched: token.created_at.max(token.updated_at).as_millisecond(),
            ends: token.expires_at.map(Timestamp::as_millisecond),
            last_used: token.last_used_at.map(Timestamp::as_millisecond),
            which: Which::Present,
            extra: Some(self),
            place: Place::default(),
        })
    }
}

/// A user with the roles that they have in the catalogs in force, looked up once.
#[derive(Debug)]
pub struct LiveUser {
    /// The record.
    pub user: Arc<User>,
    /// By the catalogs' generations.
    roles: Vec<(u64, Option<Role>)>,
}

impl LiveUser {
    /// A user under these catalogs.
    pub fn new<'c>(user: Arc<User>, catalogs: impl Iterator<Item = &'c Catalog>) -> Self {
        let roles = catalogs.map(|catalog| (catalog.generation(), catalog.role_of(&user))).collect();
        Self { user, roles }
    }

    /// The role in this catalog's service.
    pub fn role(&self, catalog: &Catalog) -> Option<Role> {
        let known = self.roles.iter().find(|(generation, _)| *generation == catalog.generation());
        known.map_or_else(|| catalog.role_of(&self.user), |(_, role)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(roles: &str) -> Catalog {
        let text = format!(
            "service = \"shop\"\ntitle = \"Shop\"\ntoken_prefix = \"shop\"\nroles = {roles}\n\
             token_managers = \"admin\"\ntoken_admins = \"admin\"\n[scopes]\n\"items:read\" = \"Read\"\n\
             [[routes]]\nscopes = [\"items:read\"]\npaths = [\"GET /items\"]\n"
        );
        Catalog::compile("test.toml", &text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_role_is_that_of_the_catalog_that_is_asked_about() {
        // The role has another place in each, or none.
        let lines = [r#"["admin"]"#, r#"["user", "admin"]"#, r#"["guest", "user", "admin"]"#];
        let catalogs = lines.map(catalog);
        for (role, places) in [
            (Some("admin"), [Some(0), Some(1), Some(2)]),
            (Some("user"), [None, Some(0), Some(1)]),
            (None, [None; 3]),
        ] {
            let role = role.map(|role| ("shop".parse().unwrap(), role.parse().unwrap()));
            let user = Arc::new(User {
                id: "usr_00000000000170008000000000000001".parse().unwrap(),
                name: "ann".parse().unwrap(),
                password: None,
                password_temporary: false,
                active: true,
                platform_admin: false,
                roles: role.into_iter().collect(),
                created_at: Timestamp::UNIX_EPOCH,
                revision: 1,
            });
            for known in 0..=catalogs.len() {
                let user = LiveUser::new(user.clone(), catalogs[..known].iter());
                let roles = catalogs.each_ref().map(|catalog| user.role(catalog).map(Role::index));
                assert_eq!(roles, places);
            }
        }
    }
}
