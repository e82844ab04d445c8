//! Imported tokens that nobody has used yet: the application's hash is all that is known of them, and the head of the
//! secret, which more than one may have. Written by the change feed alone, as the index is.

use std::fmt;
use std::sync::Arc;

use papaya::HashMap;
use symbolon_core::Timestamp;
use symbolon_core::digest::Digest;
use symbolon_core::id::{TokenId, UserId};
use symbolon_core::name::ServiceName;
use symbolon_core::old_form::OldPrefix;
use symbolon_core::record::{Token, TokenState};
use symbolon_core::session::SessionKey;
use zeroize::Zeroizing;

use crate::Gate;

type Head = (ServiceName, OldPrefix);

#[derive(Default)]
pub(crate) struct Foreign {
    by_head: HashMap<Head, Vec<Arc<Token>>>,
    heads: HashMap<TokenId, Head>,
}

impl Foreign {
    /// Puts a token in its place: here for as long as it is known by a foreign hash alone.
    pub(crate) fn put(&self, token: &Token) {
        let (by_head, heads) = (self.by_head.pin(), self.heads.pin());
        let head = token.foreign().filter(|_| token.revoked_at.is_none()).and(token.imported.as_ref());
        let head = head.map(|imported| (token.service.clone(), imported.old_prefix.clone()));
        if let Some(head) = head {
            // At once: there is no moment at which an edited token is not here.
            let mut all = by_head.get(&head).cloned().unwrap_or_default();
            all.retain(|before| before.id != token.id);
            all.push(Arc::new(token.clone()));
            by_head.insert(head.clone(), all);
            heads.insert(token.id, head);
        } else {
            self.remove(token.id);
        }
    }

    /// Takes a token out, if it is here.
    pub(crate) fn remove(&self, id: TokenId) {
        let head = self.heads.pin().get(&id).cloned();
        if let Some(head) = head {
            self.take_out(id, &head);
        }
    }

    /// The token of this id, if it is here.
    pub(crate) fn token(&self, id: TokenId) -> Option<Arc<Token>> {
        let head = self.heads.pin().get(&id).cloned()?;
        self.of(&head).into_iter().find(|token| token.id == id)
    }

    fn take_out(&self, id: TokenId, head: &Head) {
        let (by_head, heads) = (self.by_head.pin(), self.heads.pin());
        let mut rest = by_head.get(head).cloned().unwrap_or_default();
        rest.retain(|token| token.id != id);
        if rest.is_empty() {
            by_head.remove(head);
        } else {
            by_head.insert(head.clone(), rest);
        }
        heads.remove(&id);
    }

    /// Takes out all there are.
    pub(crate) fn clear(&self) {
        self.by_head.pin().clear();
        self.heads.pin().clear();
    }

    /// Takes out all of a user's.
    pub(crate) fn remove_of(&self, owner: UserId) {
        let by_head = self.by_head.pin();
        let of_owner = by_head.iter().flat_map(|(head, all)| {
            all.iter().filter(|token| token.owner == owner).map(move |token| (token.id, head.clone()))
        });
        for (id, head) in of_owner.collect::<Vec<_>>() {
            self.take_out(id, &head);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.heads.pin().len()
    }

    fn of(&self, head: &Head) -> Vec<Arc<Token>> {
        self.by_head.pin().get(head).cloned().unwrap_or_default()
    }
}

/// A presented secret that may be the one of an imported token which nobody has used yet. Whether it is costs a slow
/// check; until then it lets nobody in. It does not print.
pub struct Unproven {
    service: ServiceName,
    prefix: OldPrefix,
    digest: (Digest, u32),
    hashed: Zeroizing<Vec<u8>>,
    ending: bool,
}

impl fmt::Debug for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unproven")
            .field("service", &self.service)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Unproven {
    /// The service, and the head of the secret, by which its row is found.
    pub fn head(&self) -> (&ServiceName, &OldPrefix) {
        (&self.service, &self.prefix)
    }

    /// The digest of the whole secret, and the number of its pepper: by it the token is known once the secret is proved.
    pub fn digest(&self) -> (Digest, u32) {
        self.digest
    }

    /// What of the secret the application has hashed.
    pub fn hashed(&self) -> &[u8] {
        &self.hashed
    }
}

impl Gate {
    /// What `secret` may be that a slow check has to find out: of one service, or of all. Mostly nothing; a token of
    /// Symbolon's own form costs the comparison of two lengths.
    /// `ending` is for whoever ends what it opens: then also what rests, for it could work again.
    pub fn unproven(
        &self,
        service: Option<&ServiceName>,
        secret: &[u8],
        ending: bool,
        now: Timestamp,
    ) -> Vec<Unproven> {
        let (services, keys) = (self.services.load(), self.keys.load());
        if SessionKey::claims(secret) {
            return Vec::new();
        }
        let found = services.old_forms(service, if ending { Timestamp::MIN } else { now }).filter_map(
            |(service, form)| {
                let unproven = Unproven {
                    service: service.clone(),
                    prefix: form.prefix_of(secret)?,
                    digest: (keys.pepper.digest(secret), keys.pepper.id()),
                    hashed: Zeroizing::new(form.hashed(secret).to_vec()),
                    ending,
                };
                let known = || keys.peppers().any(|pepper| self.index.knows(&pepper.digest(secret)));
                let open = !self.candidates(&unproven, now).is_empty() && !known();
                open.then_some(unproven)
            },
        );
        found.collect()
    }

    /// The imported tokens whose secret it may be. What would not pass anyway is no candidate: it is worth no slow check.
    pub fn candidates(&self, unproven: &Unproven, now: Timestamp) -> Vec<Arc<Token>> {
        let head = (unproven.service.clone(), unproven.prefix.clone());
        let mut all = self.index.foreign().of(&head);
        all.retain(|token| {
            let active = self.state(token, now) == TokenState::Active;
            unproven.ending || (active && self.user(token.owner).is_some_and(|owner| owner.active))
        });
        all
    }

    /// How many imported tokens of a service have this head and were not used yet.
    pub fn of_head(&self, service: &ServiceName, prefix: &OldPrefix) -> usize {
        self.index.foreign().of(&(service.clone(), prefix.clone())).len()
    }
}
