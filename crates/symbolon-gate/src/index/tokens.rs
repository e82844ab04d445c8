//! Tokens as they lie in the [`Table`], and what they have in common or beyond it: whose they are, what they are granted,
//! what few of them have.

use std::collections::HashMap as Map;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_queue::SegQueue;
use papaya::HashMap;
use symbolon_core::Timestamp;
use symbolon_core::decision::Extra;
use symbolon_core::digest::Digest;
use symbolon_core::id::TokenId;
use symbolon_core::record::Token;
use symbolon_core::rotation::{Rotation, SecretUse};

use super::children::Children;
use super::granted::{Granted, Terms};
use super::people::People;
use super::record::{self, New, Record};
use super::table::{At, Key, Table, Writer};
use crate::hash::ByDigest;
use crate::services::Services;

#[derive(Default)]
pub(super) struct Tokens {
    pub(super) table: Table,
    granted: boxcar::Vec<Granted>,
    /// By where its token lies: a record and its extra are of one version of it.
    pub(super) extras: HashMap<u64, Extra>,
    /// Digests of secrets that are not the present one of their token, retired ones too: their use is to be noticed.
    pub(super) others: HashMap<Digest, TokenId, ByDigest>,
    /// Uses of tokens that went before they were taken.
    departed: SegQueue<(TokenId, i64)>,
}

/// Whoever holds it is the one writer.
#[derive(Default)]
pub(super) struct Writing {
    table: Writer,
    numbers: Map<Terms, u32>,
    children: Children,
    /// What was asked for last, which is mostly asked for next.
    last: Option<u32>,
}

/// Locked by the change feed and by exchanges of the services; never by a check.
#[derive(Default)]
pub(super) struct Pen(Mutex<Writing>);

impl Pen {
    pub(super) fn take(&self) -> MutexGuard<'_, Writing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    pub(super) fn live(&self) -> usize {
        Table::live(&self.table)
    }
}

impl Tokens {
    pub(super) fn granted(&self, number: u32) -> Option<&Granted> {
        self.granted.get(number as usize)
    }

    /// Makes room for about so many.
    pub(super) fn expect(&self, writing: &Writing, tokens: usize) {
        self.table.expect(&writing.table, tokens);
    }

    /// Has brought near what [`Self::put`] of these tokens will look at first. Needs no pen.
    pub(super) fn touch<'t>(&self, tokens: impl Iterator<Item = &'t Token>) {
        self.table.touch(tokens.flat_map(|token| {
            let digest =
                token.digest.as_ref().map(|(digest, _)| Key::digest(record::words_of_digest(digest)));
            digest.into_iter().chain([Key::id(token.id)])
        }));
    }

    /// The token of this id, as it lies in the table.
    pub(super) fn by_id(&self, id: TokenId) -> Option<(At, Record)> {
        self.table.find(Key::id(id))
    }

    /// Makes a token what it is now. A tombstone, and one that is known by a foreign hash alone, is not here.
    pub(super) fn put(&self, writing: &mut Writing, people: &People, services: &Services, token: &Token) {
        let before = self.by_id(token.id);
        let Some((digest, _)) = token.digest.filter(|_| token.revoked_at.is_none()) else {
            self.remove(writing, token.id);
            return;
        };
        let known = before.as_ref().and_then(|(at, _)| self.extras.pin().get(&at.pack()).cloned());
        let extra = extra(token, known.as_ref(), services);
        let new = New {
            digest,
            id: token.id,
            last_used: match &before {
                Some((_, record)) => record.last_used(),
                None => token.last_used_at.map(Timestamp::as_millisecond),
            },
            owner: people.number(token.owner),
            granted: self.terms(writing, services, token),
            ends: token.expires_at.map(Timestamp::as_millisecond),
            made: token.created_at.as_millisecond(),
            token_prefix: token.token_prefix,
            disabled: token.disabled,
            extra: extra.is_some(),
            revision: token.revision,
            name: &token.name,
        };
        writing.children.put(token);
        // What is found through the others first, and the token last: at no moment does one lead nowhere.
        let others: Vec<Digest> = token.rotation.others().map(|(other, _)| other).collect();
        for other in &others {
            self.others.pin().insert(*other, token.id);
        }
        let at = self.table.write(&mut writing.table, &new.words());
        if let Some(extra) = extra {
            self.extras.pin().insert(at.pack(), extra);
        }
        let same = before.as_ref().filter(|(_, record)| record.has_digest(&digest)).map(|(at, _)| *at);
        let present = Key::digest(record::words_of_digest(&digest));
        self.table.point(&writing.table, present, at, same);
        self.table.point(&writing.table, Key::id(token.id), at, before.as_ref().map(|(at, _)| *at));
        if let Some((old, record)) = before {
            if same.is_none() {
                self.table.unpoint(Key::digest(record.digest()), old);
            }
            self.carry(writing, old, Some(at), token.id);
        }
        let gone =
            known.as_ref().and_then(|extra| extra.record.as_ref()).map(|token| token.rotation.others());
        for (other, _) in gone.into_iter().flatten().filter(|(other, _)| !others.contains(other)) {
            self.others.pin().remove(&other);
        }
    }

    /// Takes a token out, if it is here, and all that descend from it.
    pub(super) fn remove(&self, writing: &mut Writing, id: TokenId) {
        let mut gone = vec![id];
        while let Some(id) = gone.pop() {
            gone.extend(writing.children.take(id));
            self.take_out(writing, id);
        }
    }

    fn take_out(&self, writing: &mut Writing, id: TokenId) {
        let Some((at, record)) = self.by_id(id) else { return };
        self.table.unpoint(Key::digest(record.digest()), at);
        self.table.unpoint(Key::id(id), at);
        let known = self.extras.pin().get(&at.pack()).cloned();
        self.carry(writing, at, None, id);
        let Some(token) = known.and_then(|extra| extra.record) else { return };
        writing.children.forget(&token);
        for (other, _) in token.rotation.others() {
            self.others.pin().remove(&other);
        }
    }

    /// Buries what lay at `old`. What was noted of its use meanwhile goes on to `now`, or waits here.
    fn carry(&self, writing: &mut Writing, old: At, now: Option<At>, id: TokenId) {
        let used = self.table.bury(&mut writing.table, old);
        self.extras.pin().remove(&old.pack());
        if let (true, Some(millis)) = (used.waits, used.millis)
            && !now.is_some_and(|at| self.table.note(at, millis))
        {
            self.departed.push((id, millis));
        }
    }

    /// Takes out all there are.
    pub(super) fn clear(&self, writing: &mut Writing) {
        let all: Vec<_> = self.table.all(&writing.table).map(|(_, record)| record.id()).collect();
        for id in all {
            self.remove(writing, id);
        }
        writing.children.clear();
    }

    /// Takes out all of one owner's.
    pub(super) fn remove_of(&self, writing: &mut Writing, owner: u32) {
        let all = self.table.all(&writing.table).filter(|(_, record)| record.owner() == owner);
        for id in all.map(|(_, record)| record.id()).collect::<Vec<_>>() {
            self.remove(writing, id);
        }
    }

    fn terms(&self, writing: &mut Writing, services: &Services, token: &Token) -> u32 {
        let Token { service, scopes, profile, .. } = token;
        let last = writing.last.and_then(|last| Some((last, &self.granted(last)?.terms)));
        if let Some((last, terms)) = last
            && terms.service == *service
            && terms.scopes == *scopes
            && terms.profile == *profile
        {
            return last;
        }
        let number = self.number_of(writing, services, token);
        writing.last = Some(number);
        number
    }

    fn number_of(&self, writing: &mut Writing, services: &Services, token: &Token) -> u32 {
        let Token { service, scopes, profile, .. } = token;
        let terms = Terms { service: service.clone(), scopes: scopes.clone(), profile: profile.clone() };
        if let Some(number) = writing.numbers.get(&terms) {
            return *number;
        }
        let number = self.granted.push(Granted::new(terms.clone(), services));
        let number = u32::try_from(number).unwrap_or_else(|_| unreachable!("as many terms as tokens"));
        writing.numbers.insert(terms, number);
        number
    }

    /// Makes ready for services that are to come into force: whatever has a rate under them has a meter.
    pub(super) fn admit(&self, writing: &mut Writing, people: &People, services: &Services) {
        let limited = |record: &Record| {
            let service = self.granted(record.granted()).map(|granted| &granted.terms.service);
            let catalog = service.and_then(|service| services.catalog(service));
            !record.extra() && catalog.is_some_and(|catalog| catalog.limits.of_token(None).is_some())
        };
        let all: Vec<_> = self.table.all(&writing.table).filter(|(_, record)| limited(record)).collect();
        for (at, record) in all {
            if let Some(token) = self.whole(people, at, &record) {
                self.put(writing, people, services, &token);
            }
        }
    }

    /// Resolves what was granted under the services in force.
    pub(super) fn resolve(&self, services: &Services) {
        for (_, granted) in &self.granted {
            granted.resolve(services);
        }
    }

    /// The whole record of a token that lies there, with a digest of which half is known; `None` where it lies there no
    /// more.
    pub(super) fn whole(&self, people: &People, at: At, record: &Record) -> Option<Token> {
        let time = |millis| Timestamp::from_millisecond(millis).ok();
        if record.extra() {
            let extra = self.extras.pin().get(&at.pack())?.clone();
            if let Some(token) = extra.record {
                let last_used_at = record.last_used().and_then(time);
                return Some(Token { last_used_at, ..Token::clone(&token) });
            }
        }
        let Terms { service, scopes, profile } = self.granted(record.granted())?.terms.clone();
        let made = time(record.made())?;
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_mut(8).zip(record.digest()) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Some(Token {
            id: record.id(),
            service,
            name: self.table.name(at, record)?,
            description: String::new(),
            metadata: symbolon_core::metadata::Metadata::default(),
            owner: people.id(record.owner())?,
            token_prefix: record.token_prefix(),
            scopes,
            profile,
            disabled: record.disabled(),
            created_at: made,
            updated_at: made,
            expires_at: record.ends().and_then(time),
            last_used_at: record.last_used().and_then(time),
            revoked_at: None,
            revision: record.revision(),
            digest: Some((Digest::from_bytes(digest), 0)),
            rotation: Rotation::default(),
            rate_limit: None,
            restrictions: symbolon_core::restriction::Restrictions::default(),
            imported: None,
            parent: None,
            derive: 0,
            change_limit: None,
            loans: Vec::new(),
        })
    }

    /// At most `limit` of the uses that nobody has taken yet.
    pub(super) fn take_uses(&self, limit: usize) -> Vec<(TokenId, Timestamp)> {
        let mut uses = Vec::new();
        while uses.len() < limit
            && let Some(use_of) = self.departed.pop()
        {
            uses.push(use_of);
        }
        uses.extend(self.table.take_noted(limit - uses.len()));
        let time = |(id, millis)| Some((id, Timestamp::from_millisecond(millis).ok()?));
        uses.into_iter().filter_map(time).collect()
    }
}

/// What a token has beyond what lies in the table, with what was noted of it `before`.
fn extra(token: &Token, before: Option<&Extra>, services: &Services) -> Option<Extra> {
    let limit = services
        .catalog(&token.service)
        .map_or(token.rate_limit, |catalog| catalog.limits.of_token(token.rate_limit));
    let said_elsewhere = token.description.is_empty()
        && token.metadata.entries().is_empty()
        && token.updated_at == token.created_at
        && token.rotation == Rotation::default()
        && token.rate_limit.is_none()
        && token.restrictions.is_empty()
        && token.imported.is_none()
        && token.parent.is_none()
        && token.derive == 0
        && token.change_limit.is_none()
        && token.loans.is_empty()
        && New::fits(&token.name, token.revision);
    if said_elsewhere && limit.is_none() {
        return None;
    }
    let rotated =
        |extra: &&Extra| extra.record.as_ref().and_then(|known| known.rotation.at) == token.rotation.at;
    // The same secret under another pepper is no other secret.
    let secret_use = before.filter(rotated).and_then(|extra| extra.secret_use.clone());
    Some(Extra {
        record: (!said_elsewhere).then(|| Arc::new(token.clone())),
        secret_use: secret_use
            .or_else(|| token.rotation.at.map(|_| Arc::new(SecretUse::new(&token.rotation)))),
        meters: before.map(|extra| extra.meters.clone()).unwrap_or_default(),
    })
}
