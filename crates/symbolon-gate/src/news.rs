//! What checks saw of the secrets of rotated tokens, to be recorded by whoever owns the gate.

use std::net::IpAddr;

use crossbeam_queue::SegQueue;
use symbolon_core::Timestamp;
use symbolon_core::decision::LiveToken;
use symbolon_core::id::TokenId;
use symbolon_core::name::ServiceName;

use crate::Gate;

/// Something that a check saw and that is to be recorded.
#[derive(Debug, Clone)]
pub struct News {
    /// Of which service.
    pub service: ServiceName,
    /// Of which token.
    pub token: TokenId,
    /// When it was seen.
    pub at: Timestamp,
    /// What was seen.
    pub seen: Seen,
}

/// What a check saw of a secret.
#[derive(Debug, Clone)]
pub enum Seen {
    /// The first use of the secret that was made at this moment in place of another: from now on the time of the old one runs
    /// out.
    FirstUse(Timestamp),
    /// The use of a retired one; from this address, if the door knew.
    Reuse(Option<IpAddr>),
}

/// News that nobody has taken. Each rotation makes one of a first use, and each token one of reuse in an hour, so there are
/// never many.
#[derive(Default)]
pub(crate) struct Untold(SegQueue<News>);

impl Untold {
    /// Notes that a token's present secret was used.
    pub(crate) fn used(&self, live: &LiveToken<'_>, now: Timestamp) {
        let secret_use = live.extra.and_then(|extra| extra.secret_use.as_ref());
        if let (Some(secret_use), Some(made)) = (secret_use, live.rotated_at())
            && secret_use.note(now)
        {
            self.push(live, now, Seen::FirstUse(made));
        }
    }

    /// Notes that a retired secret of a token was used.
    pub(crate) fn reused(&self, live: &LiveToken<'_>, client_ip: Option<IpAddr>, now: Timestamp) {
        let secret_use = live.extra.and_then(|extra| extra.secret_use.as_ref());
        if secret_use.is_some_and(|secret_use| secret_use.note_reuse(now)) {
            self.push(live, now, Seen::Reuse(client_ip));
        }
    }

    fn push(&self, live: &LiveToken<'_>, at: Timestamp, seen: Seen) {
        let (service, token) = (live.service.clone(), live.id);
        self.0.push(News { service, token, at, seen });
    }
}

impl Gate {
    /// The oldest of the news, which is then not known here any more.
    pub fn take_news(&self) -> Option<News> {
        self.untold.0.pop()
    }

    /// Gives back news that could not be recorded.
    pub fn put_back_news(&self, news: News) {
        self.untold.0.push(news);
    }
}
