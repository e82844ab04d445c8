//! Who presented something, outside any service: for the management calls, and for whoever asks about a secret.

use std::net::IpAddr;
use std::sync::Arc;

use symbolon_core::Timestamp;
use symbolon_core::credential::{Presented, claims_symbolon};
use symbolon_core::decision::{Caller, Denial, Directory as _, Identifier, NotIdentified, Reason};
use symbolon_core::id::KeyId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{KeyKind, Session, Token, User};

use crate::Gate;
use crate::index::View;

/// Nothing can be known now: not everything live is, or no lease is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// Whom the gate knows by a credential, outside any service: for the management calls.
#[derive(Debug, Clone)]
pub enum Known {
    /// A system key.
    System(KeyId),
    /// A verifier key.
    Verifier(ServiceName, KeyId),
    /// A signed-in user.
    Session(Session, Arc<User>),
    /// A token of any service.
    /// With the end that what was presented has by itself, or by the tokens that it comes from.
    Token(Arc<Token>, Arc<User>, Option<Timestamp>),
}

impl Gate {
    /// What `look` finds, if what it looked at was so until it had.
    pub(crate) fn surely<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> Result<T, Unavailable> {
        let view = self.view();
        if !view.ready() {
            return Err(Unavailable);
        }
        let found = look(&view);
        if self.still(&view) { Ok(found) } else { Err(Unavailable) }
    }

    /// Whether what was looked at is all there is, and the lease that it was looked at under is held.
    fn still(&self, view: &View<'_>) -> bool {
        view.ready() && view.held().is_some_and(|held| self.lease.holds(held))
    }

    /// Notes the use of a retired secret, if it was that for which somebody was not identified.
    pub(crate) fn note_reuse(
        &self,
        view: &View<'_>,
        (reason, token): NotIdentified,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) {
        if reason == Reason::RetiredSecret
            && let Some(live) = token.and_then(|token| view.by_id(token))
        {
            self.untold.reused(&live, client_ip, now);
        }
    }

    /// Notes what a refusal says of a token, where the request was only looked at.
    pub fn note_refusal(&self, denial: &Denial, client_ip: Option<IpAddr>, now: Timestamp) {
        self.note_reuse(&self.view(), (denial.reason, denial.about()), client_ip, now);
    }

    /// Who presented this, outside any service. The error is for the log; callers learn `invalid_token`.
    pub fn identify(
        &self,
        presented: Presented<'_>,
        client_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Result<Known, NotIdentified>, Unavailable> {
        let known = self.recognize(presented, now)?;
        Ok(known.inspect_err(|unknown| self.note_reuse(&self.view(), *unknown, client_ip, now)))
    }

    /// Whose this is, asked about it by somebody else: nobody uses a secret by that, and nothing is noted.
    pub fn recognize(
        &self,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Result<Known, NotIdentified>, Unavailable> {
        self.surely(|view| self.recognized(view, presented, now))
    }

    fn recognized(
        &self,
        view: &View<'_>,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Known, NotIdentified> {
        let (services, keys) = (self.services.load(), self.keys.load());
        let identifier = Identifier { directory: view, keys: &keys, now };
        let caller = identifier.identify(presented, services.catalogs())?;
        Ok(match caller {
            Caller::Anonymous => return Err((Reason::CredentialRequired, None)),
            Caller::System(key) => Known::System(key),
            Caller::Verifier(key) => match &key.kind {
                KeyKind::Verifier(service) => Known::Verifier(service.clone(), key.id),
                KeyKind::System => Known::System(key.id),
            },
            Caller::Session { session, user } => Known::Session(session.clone(), user.user.clone()),
            Caller::Token { live, owner } => {
                // One that goes at this moment is as good as gone.
                let record = self.index.record(live.id).ok_or((Reason::UnknownSecret, None))?;
                // It ends with each that it comes from.
                let line = view.descent(live);
                let end = line.iter().filter_map(|live| live.ends_at(services.catalog(live.service))).min();
                Known::Token(Arc::new(record), owner.user.clone(), end)
            }
        })
    }

    /// The token whose secret this is, in whatever state. Whoever knows a secret may end what it opens; nobody is let in
    /// by this.
    pub fn token_of(&self, secret: &[u8], now: Timestamp) -> Result<Option<Arc<Token>>, Unavailable> {
        self.surely(|view| {
            let (services, keys) = (self.services.load(), self.keys.load());
            let identifier = Identifier { directory: view, keys: &keys, now };
            let live = identifier.token_of(secret, services.catalogs())?;
            self.index.record(live.id).map(Arc::new)
        })
    }

    /// Whether the value of a credential header claims to be Symbolon's, or holds what is: a token of any of its
    /// services, a key, or a session. A proxy in passthrough decides about such a request and hands on only the
    /// others.
    pub fn claims(&self, value: &[u8], now: Timestamp) -> bool {
        let (services, keys) = (self.services.load(), self.keys.load());
        let view = self.view();
        let identifier = Identifier { directory: &view, keys: &keys, now };
        let is_old =
            |secret: &[u8]| services.old_forms(None, Timestamp::MIN).any(|(_, form)| form.fits(secret));
        // What cannot be known stays here, and is not shown to an application: another node may have made it a key.
        let is_key = |secret: &[u8]| identifier.is_key(secret) || !self.still(&view);
        claims_symbolon(value, &services.prefixes, |secret| is_old(secret) || is_key(secret))
    }
}
