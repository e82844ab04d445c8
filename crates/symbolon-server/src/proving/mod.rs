//! The first use of an imported token: its secret is checked by the rule of the application that hashed it, and if it is
//! right the token is upgraded, so that this happens once (DESIGN part 5).
//!
//! Such a check takes a core for some tenths of a second, and anybody can ask for one who knows the head of a token,
//! which is no secret. So it runs off the threads that serve, half of the cores at most, and gives way to them; one at a
//! time for each head; those who present the same secret wait for the same check; and whoever presents wrong ones is soon told to come back
//! later. Nothing here lets anybody in: the gate decides afterwards, by what the record says by then.

mod lanes;

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::json;
use symbolon_core::Timestamp;
use symbolon_core::manage;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{ActorId, AuditLine, Origin, Token};
use symbolon_core::store::{Change, Mutation, StoreError};
use symbolon_gate::Unproven;
use zeroize::Zeroizing;

use crate::app::App;
use crate::passwords::{Busy, Hashing};
use crate::throttle::{Counted, Source};
use lanes::{Lanes, Mine, Place};

/// The most imported tokens of one head that are looked at; an import makes no more.
pub(crate) const MOST_OF_HEAD: usize = 8;
/// How often an upgrade is tried again when another change of the token came first.
const TRIES: usize = 8;

/// Of which service a secret may be, and where it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// `None`: of any.
    pub(crate) service: Option<&'a ServiceName>,
    /// Where the caller is, if the door knows. All whom no door knows share one budget.
    pub(crate) client_ip: Option<IpAddr>,
    /// Whether what it opens is to be ended, which concerns what rests too.
    pub(crate) ending: bool,
}

/// By what a slow check is counted.
fn counted(client_ip: Option<IpAddr>) -> Counted {
    Counted::Secret(client_ip.and_then(Source::of))
}

/// The checks under way.
pub(crate) struct Proving {
    lanes: Lanes,
    /// Where the hashing is done.
    hashing: Hashing,
}

impl Default for Proving {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { lanes: Lanes::default(), hashing: Hashing::giving_way((cores / 2).max(1)) }
    }
}

impl App {
    /// Checks `secret`, if it may be that of an imported token which nobody has used yet, and upgrades the token if it is
    /// right. Right or wrong, the gate knows what to say of it when this returns; after [`Busy`] nobody does. Returns the
    /// moment at which to decide: `now`, or a later one where this took time.
    pub(crate) async fn prove_secret(
        &self,
        asked: Asked<'_>,
        secret: &[u8],
        now: Timestamp,
    ) -> Result<Timestamp, Busy> {
        let unproven = self.gate().unproven(asked.service, secret, asked.ending, now);
        if unproven.is_empty() {
            return Ok(now);
        }
        for unproven in unproven {
            self.proved(unproven, asked.client_ip).await?;
        }
        Ok(self.now())
    }

    async fn proved(&self, unproven: Unproven, client_ip: Option<IpAddr>) -> Result<(), Busy> {
        let mut outcome = match self.shared().proving.lanes.enter(&unproven)? {
            Place::Same(outcome) => outcome,
            // Who has no budget left is answered at once; who has is counted when the check begins.
            Place::Own(_) if !self.shared().throttle.has_room(counted(client_ip), self.now()) => {
                return Err(Busy);
            }
            Place::Own(mine) => {
                let outcome = mine.outcome();
                let app = self.clone();
                // It goes on when its caller has hung up: others may wait for it.
                tokio::spawn(async move {
                    let outcome = app.check_in_turn(&mine, &unproven, client_ip).await;
                    mine.end(outcome);
                });
                outcome
            }
        };
        // Whoever ends without a word knows nothing either.
        outcome.wait_for(Option::is_some).await.map_err(|_| Busy)?.unwrap_or(Err(Busy))
    }

    /// One caller's check, when it is its turn.
    async fn check_in_turn(
        &self,
        mine: &Mine,
        unproven: &Unproven,
        client_ip: Option<IpAddr>,
    ) -> Result<(), Busy> {
        let attempt = self.shared().throttle.admit(counted(client_ip), self.now()).map_err(|_| Busy)?;
        let _turn = mine.turn().await;
        let mut wrong = false;
        let hashed = Arc::new(Zeroizing::new(unproven.hashed().to_vec()));
        // Looked up anew: it may have been revoked or upgraded while this waited.
        for token in self.gate().candidates(unproven, self.now()).into_iter().take(MOST_OF_HEAD) {
            let (secret, checked) = (hashed.clone(), token.clone());
            let is_its = move || checked.foreign().is_some_and(|hash| hash.is_of(&secret));
            match self.shared().proving.hashing.run(is_its).await {
                Ok(false) => wrong = true,
                Ok(true) => {
                    attempt.forgive();
                    return self.upgrade(unproven, &token, client_ip).await;
                }
                Err(Busy) => {
                    attempt.forgive();
                    return Err(Busy);
                }
            }
        }
        if wrong {
            let (service, prefix) = unproven.head();
            tracing::info!(%service, prefix = prefix.as_str(), "a secret is of none of the imported tokens");
        } else {
            attempt.forgive();
        }
        Ok(())
    }

    /// Writes what was proved. A token that was changed meanwhile is upgraded as it is then, and one that is gone is not.
    async fn upgrade(
        &self,
        unproven: &Unproven,
        proved: &Token,
        client_ip: Option<IpAddr>,
    ) -> Result<(), Busy> {
        for _ in 0..TRIES {
            let now = self.now();
            let candidates = self.gate().candidates(unproven, now);
            let same = |token: &&Arc<Token>| token.id == proved.id && token.foreign() == proved.foreign();
            let Some(token) = candidates.iter().find(same) else { return Ok(()) };
            let digest = unproven.digest();
            let Some(next) = manage::upgrade(token, digest) else { return Ok(()) };
            let origin = Origin { actor: ActorId::Token(token.id), client_ip, request: None };
            let line = AuditLine {
                at: now,
                origin,
                action: "token.upgrade",
                subject: token.id.to_string(),
                service: Some(token.service.clone()),
                detail: json!({ "name": token.name }),
            };
            let mutation = Mutation::given(vec![Change::TokenChanged(next)], vec![line], now);
            match self.store().commit(mutation).await {
                Ok(()) => {
                    self.audit_has_grown();
                    tracing::info!(id = %token.id, action = "token.upgrade", "changed");
                    return Ok(());
                }
                // Another change came first, and the gate is to know of it.
                Err(StoreError::Conflict(_)) => self.store().applied().await.map_err(|_| Busy)?,
                Err(error) => {
                    tracing::warn!(%error, id = %token.id, "an imported token could not be upgraded");
                    return Err(Busy);
                }
            }
        }
        Err(Busy)
    }
}
