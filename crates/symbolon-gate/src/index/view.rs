//! What one check looks at.

use std::cell::OnceCell;
use std::sync::Arc;

use papaya::LocalGuard;
use symbolon_core::catalog::Catalog;
use symbolon_core::decision::{Directory, Grant, LiveToken, LiveUser, Place, Principal, Redigest, line};
use symbolon_core::digest::Digest;
use symbolon_core::id::{SessionId, TokenId, UserId};
use symbolon_core::lease::Held;
use symbolon_core::record::{Key, Session};
use symbolon_core::rotation::Which;
use symbolon_core::scope::ScopeSet;

use super::Index;
use super::record::{self, Record};
use super::table::{self, At};

/// The index as one check sees it. What it does not look at costs it nothing.
pub(crate) struct View<'a> {
    pub(super) index: &'a Index,
    pub(super) held: Option<Held>,
    pub(super) extras: OnceCell<LocalGuard<'a>>,
    pub(super) others: OnceCell<LocalGuard<'a>>,
    pub(super) sessions: OnceCell<LocalGuard<'a>>,
    pub(super) keys: OnceCell<LocalGuard<'a>>,
}

impl View<'_> {
    /// The lease under which it was begun.
    pub(crate) fn held(&self) -> Option<Held> {
        self.held
    }

    /// The token of a grant as it is now, if it has an extra: where it lay, or wherever it lies since. What has none is
    /// held to nothing.
    pub(crate) fn again(&self, grant: &Grant<'_>) -> Option<LiveToken<'_>> {
        let Principal::Token { id, place, .. } = grant.principal() else { return None };
        if !place.extra {
            return None;
        }
        let at = At::unpack(place.at);
        let same = self.index.tokens.table.again(at).and_then(|record| self.live(at, &record));
        same.or_else(|| self.by_id(*id))
    }

    /// A token and, behind it, those that it comes from.
    pub(crate) fn descent<'s>(&'s self, live: LiveToken<'s>) -> Vec<LiveToken<'s>> {
        let above = line(self, &live).unwrap_or_default();
        std::iter::once(live).chain(above).collect()
    }

    /// What was copied from there; `None` where it has moved since.
    fn live(&self, at: At, record: &Record) -> Option<LiveToken<'_>> {
        let tokens = &self.index.tokens;
        let extra = if record.extra() {
            let guard = self.extras.get_or_init(|| tokens.extras.guard());
            Some(tokens.extras.get(&at.pack(), guard)?)
        } else {
            None
        };
        let terms = &tokens.granted(record.granted())?.terms;
        let whole = extra.and_then(|extra| extra.record.as_ref());
        let updated = whole.map_or(i64::MIN, |token| token.updated_at.as_millisecond());
        Some(LiveToken {
            id: record.id(),
            service: &terms.service,
            scopes: &terms.scopes,
            owner: self.index.people.id(record.owner())?,
            token_prefix: record.token_prefix(),
            revision: whole.map_or(record.revision(), |token| token.revision),
            disabled: record.disabled(),
            revoked: false,
            touched: record.made().max(updated),
            ends: record.ends(),
            last_used: record.last_used(),
            which: Which::Present,
            extra,
            place: Place {
                at: at.pack(),
                owner: record.owner(),
                granted: record.granted(),
                extra: extra.is_some(),
            },
        })
    }

    /// A token by a secret that is not its present one.
    fn by_other(&self, digest: &Digest) -> Option<LiveToken<'_>> {
        let others = &self.index.tokens.others;
        let guard = self.others.get_or_init(|| others.guard());
        let live = self.by_id(*others.get(digest, guard)?)?;
        let rotation = &live.extra?.record.as_ref()?.rotation;
        let (_, which) = rotation.others().find(|(other, _)| other == digest)?;
        Some(LiveToken { which, ..live })
    }
}

impl Directory for View<'_> {
    fn ready(&self) -> bool {
        self.held.is_some() && self.index.is_loaded()
    }

    fn token(&self, digest: &Digest) -> Option<LiveToken<'_>> {
        let key = table::Key::digest(record::words_of_digest(digest));
        let present = self.index.tokens.table.look(key, |at, record| self.live(at, record));
        present.or_else(|| self.by_other(digest))
    }

    fn by_id(&self, id: TokenId) -> Option<LiveToken<'_>> {
        self.index.tokens.table.look(table::Key::id(id), |at, record| self.live(at, record))
    }

    fn owner(&self, live: &LiveToken<'_>) -> Option<Arc<LiveUser>> {
        self.index.people.of_number(live.place.owner)
    }

    fn closure(&self, live: &LiveToken<'_>, catalog: &Catalog) -> ScopeSet {
        let granted = self.index.tokens.granted(live.place.granted);
        granted.map_or_else(|| catalog.closure(live.scopes), |granted| granted.closure(catalog))
    }

    fn key(&self, digest: &Digest) -> Option<&Key> {
        let keys = &self.index.keys;
        keys.get(digest, self.keys.get_or_init(|| keys.guard()))
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        let sessions = &self.index.sessions;
        sessions.get(&id, self.sessions.get_or_init(|| sessions.guard()))
    }

    fn outdated(&self, secret: Redigest) {
        // An old secret stays under its pepper until it ends, and a retired one is not worth the move.
        if self.token(&secret.from).is_none_or(|live| live.which == Which::Present) {
            self.index.outdated.note(secret);
        }
    }

    fn user(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.index.people.of_id(id)
    }
}
