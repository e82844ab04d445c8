//! The table under everything that is asked of it: what is in is found, whoever writes meanwhile, and what is gone is not.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use symbolon_core::digest::Digest;
use symbolon_core::id::TokenId;
use symbolon_core::token::TokenPrefix;

use super::record::{self, New};
use super::table::{At, Key, Table, Writer};

/// Numbers that look random and are the same in each run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.roll().to_le_bytes()[3])
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    digest: [u8; 32],
    name: String,
    ends: Option<i64>,
    owner: u32,
    revision: u64,
}

impl Kept {
    fn dice(dice: &mut Dice, revision: u64) -> Self {
        Self {
            digest: dice.bytes(),
            name: "ä-name-of-some-length".chars().cycle().take(dice.below(60)).collect(),
            ends: (dice.below(2) == 0).then(|| i64::try_from(dice.below(1 << 40)).unwrap() - (1 << 39)),
            owner: u32::try_from(dice.below(1 << 32)).unwrap(),
            revision,
        }
    }

    fn key(&self) -> Key {
        Key::digest(record::words_of_digest(&Digest::from_bytes(self.digest)))
    }

    fn write(&self, table: &Table, writer: &mut Writer, id: TokenId, before: Option<(At, &Self)>) -> At {
        let new = New {
            digest: Digest::from_bytes(self.digest),
            id,
            last_used: None,
            owner: self.owner,
            granted: !self.owner,
            ends: self.ends,
            made: -5,
            token_prefix: TokenPrefix::from_bytes(*b"7QhT2mXa"),
            disabled: self.owner.is_multiple_of(2),
            extra: self.owner.is_multiple_of(3),
            revision: self.revision,
            name: &self.name,
        };
        let at = table.write(writer, &new.words());
        let same = before.filter(|(_, kept)| kept.digest == self.digest).map(|(at, _)| at);
        table.point(writer, self.key(), at, same);
        table.point(writer, Key::id(id), at, before.map(|(at, _)| at));
        if let Some((old, kept)) = before {
            if same.is_none() {
                table.unpoint(kept.key(), old);
            }
            table.bury(writer, old);
        }
        at
    }

    fn is_found(&self, table: &Table, id: TokenId) {
        for key in [self.key(), Key::id(id)] {
            let (at, found) = table.find(key).expect("it is in");
            assert_eq!((found.id(), found.ends(), found.made()), (id, self.ends, -5));
            assert_eq!(
                (found.owner(), found.granted(), found.revision()),
                (self.owner, !self.owner, self.revision)
            );
            assert_eq!(
                (found.disabled(), found.extra()),
                (self.owner.is_multiple_of(2), self.owner.is_multiple_of(3))
            );
            assert_eq!(found.token_prefix().as_str(), "7QhT2mXa");
            assert!(found.has_digest(&Digest::from_bytes(self.digest)));
            assert_eq!(table.name(at, &found).as_deref(), Some(&*self.name));
        }
    }
}

fn is_gone(table: &Table, kept: &Kept) {
    assert!(table.find(kept.key()).is_none());
}

/// Any sequence of putting in, changing and taking out, beside a map that does the same.
#[test]
fn what_is_in_is_found_and_what_is_not_is_not() {
    let (table, mut writer, mut dice) = (Table::default(), Writer::default(), Dice(1));
    let mut model: BTreeMap<TokenId, (At, Kept)> = BTreeMap::new();
    for step in 0..16_000_u64 {
        let some = model.keys().nth(dice.below(model.len().max(1))).copied().filter(|_| dice.below(100) > 30);
        match some {
            // Mostly it grows, and now and then all but a few go.
            Some(id) if dice.below(3) == 0 || (step % 5_000 > 4_200 && model.len() > 10) => {
                let (at, kept) = model.remove(&id).unwrap();
                table.unpoint(kept.key(), at);
                table.unpoint(Key::id(id), at);
                table.bury(&mut writer, at);
                is_gone(&table, &kept);
                assert!(table.find(Key::id(id)).is_none());
            }
            Some(id) => {
                let before = model[&id].clone();
                let mut next = Kept::dice(&mut dice, before.1.revision + 1);
                if dice.below(2) == 0 {
                    next.digest = before.1.digest;
                }
                let at = next.write(&table, &mut writer, id, Some((before.0, &before.1)));
                next.is_found(&table, id);
                if next.digest != before.1.digest {
                    is_gone(&table, &before.1);
                }
                model.insert(id, (at, next));
            }
            None => {
                let (id, kept) = (TokenId::from_bytes(dice.bytes()), Kept::dice(&mut dice, 1));
                is_gone(&table, &kept);
                let at = kept.write(&table, &mut writer, id, None);
                kept.is_found(&table, id);
                model.insert(id, (at, kept));
            }
        }
        assert_eq!(Table::live(&writer), model.len());
    }
    for (id, (_, kept)) in &model {
        kept.is_found(&table, *id);
    }
    let all: HashSet<_> = table.all(&writer).map(|(at, record)| (at, record.id())).collect();
    assert_eq!(all, model.iter().map(|(id, (at, _))| (*at, *id)).collect());
}

/// One token stays in and is changed all the time, among others that come and go: whoever asks finds it, whole.
#[test]
fn race_of_a_writer_and_readers_hides_and_mixes_nothing() {
    let (table, over) = (Table::default(), AtomicBool::new(false));
    let mut dice = Dice(2);
    let id = TokenId::from_bytes(dice.bytes());
    let first = Kept { ends: Some(1), owner: 1, revision: 1, ..Kept::dice(&mut dice, 1) };
    let mut writer = Writer::default();
    let mut at = first.write(&table, &mut writer, id, None);
    let rounds = std::thread::scope(|scope| {
        let readers: Vec<_> = [first.key(), Key::id(id)]
            .map(|key| {
                let (table, over) = (&table, &over);
                scope.spawn(move || {
                    let mut newest = 0;
                    while !over.load(Ordering::Relaxed) {
                        let (_, found) = table.find(key).expect("it never goes");
                        let revision = found.revision();
                        // Each version says one number in several words.
                        assert_eq!(found.ends(), Some(i64::try_from(revision).unwrap()));
                        assert_eq!(u64::from(found.owner()), revision);
                        assert!(revision >= newest, "an older version came back");
                        newest = revision;
                    }
                    newest
                })
            })
            .into();
        let mut others: Vec<(TokenId, At, Kept)> = Vec::new();
        let mut now = first.clone();
        for revision in 2..20_000 {
            let name = "n".repeat(dice.below(30));
            let next = Kept {
                ends: Some(revision),
                owner: u32::try_from(revision).unwrap(),
                revision: revision.unsigned_abs(),
                name,
                ..now.clone()
            };
            at = next.write(&table, &mut writer, id, Some((at, &now)));
            now = next;
            if others.len() > 200 || (!others.is_empty() && dice.below(3) == 0) {
                let (id, at, kept) = others.swap_remove(dice.below(others.len()));
                table.unpoint(kept.key(), at);
                table.unpoint(Key::id(id), at);
                table.bury(&mut writer, at);
            } else {
                let (id, kept) = (TokenId::from_bytes(dice.bytes()), Kept::dice(&mut dice, 1));
                let at = kept.write(&table, &mut writer, id, None);
                others.push((id, at, kept));
            }
        }
        over.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(rounds.iter().all(|newest| *newest > 1), "the readers saw no change: {rounds:?}");
}

/// In each round another thread notes a use while this one takes. When it has noted, one more batch must hold the use, if
/// none before it did.
#[test]
fn race_of_noting_and_taking_loses_no_last_use() {
    const ROUNDS: i64 = 20_000;
    let (table, mut writer, mut dice) = (Table::default(), Writer::default(), Dice(3));
    let id = TokenId::from_bytes(dice.bytes());
    let at = Kept::dice(&mut dice, 1).write(&table, &mut writer, id, None);
    let (begun, noted) = (AtomicI64::new(0), AtomicI64::new(0));
    let lost = std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                while begun.load(Ordering::SeqCst) < round {
                    std::thread::yield_now();
                }
                assert!(table.note(at, round));
                noted.store(round, Ordering::SeqCst);
            }
        });
        let lost = (1..=ROUNDS).find(|round| {
            // It waits still, so that both meet at the mark.
            table.note(at, *round - 1);
            begun.store(*round, Ordering::SeqCst);
            let mut told = Vec::new();
            while noted.load(Ordering::SeqCst) < *round {
                told.extend(table.take_noted(1));
            }
            told.extend(table.take_noted(10));
            !told.contains(&(id, *round))
        });
        // Lets the other thread run to its end.
        begun.store(ROUNDS, Ordering::SeqCst);
        lost
    });
    assert_eq!(lost, None, "the use of this round was never told");
}

#[test]
fn a_use_is_noted_where_its_record_lies_and_nowhere_else() {
    let (table, mut writer, mut dice) = (Table::default(), Writer::default(), Dice(4));
    let (id, kept) = (TokenId::from_bytes(dice.bytes()), Kept::dice(&mut dice, 1));
    let at = kept.write(&table, &mut writer, id, None);
    assert!(table.note(at, 7) && table.note(at, 5));
    assert_eq!(table.find(Key::id(id)).unwrap().1.last_used(), Some(7), "a late one takes nothing back");
    let moved = kept.write(&table, &mut writer, id, Some((at, &kept)));
    // The place is free, and somebody else's from now on.
    let (other, guest) = (TokenId::from_bytes(dice.bytes()), Kept { digest: dice.bytes(), ..kept.clone() });
    let there = guest.write(&table, &mut writer, other, None);
    assert_eq!((there.pack() >> 16, moved == at), (at.pack() >> 16, false), "the same place");
    assert!(!table.note(at, 9), "nothing of that version is there");
    assert_eq!(table.find(Key::id(other)).unwrap().1.last_used(), None);
    assert!(table.note(there, 11));
    assert_eq!(table.take_noted(9), [(other, 11)]);
    assert_eq!(table.take_noted(9), []);
    assert_eq!(At::unpack(there.pack()), there);
}

#[test]
fn a_token_is_as_small_as_is_said() {
    let (table, mut writer, mut dice) = (Table::default(), Writer::default(), Dice(5));
    let kept = Kept { name: "nightly-backup-1".to_owned(), ..Kept::dice(&mut dice, 1) };
    let first = kept.write(&table, &mut writer, TokenId::from_bytes(dice.bytes()), None);
    let second = kept.write(&table, &mut writer, TokenId::from_bytes(dice.bytes()), None);
    let bytes = ((second.pack() >> 16) - (first.pack() >> 16)) * 16;
    assert_eq!(bytes, 96, "with a name of sixteen bytes");
}
