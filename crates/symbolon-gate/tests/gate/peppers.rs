//! The pepper is rotated: every secret stays known, and is moved where nobody misses it.

use std::sync::atomic::{AtomicBool, Ordering};

use symbolon_core::Code;
use symbolon_core::decision::{Keys, Redigest};
use symbolon_core::digest::Pepper;
use symbolon_core::record::{Key, KeyKind, Token};
use symbolon_core::store::{Change, Sink};
use zeroize::Zeroizing;

use crate::make::{ask, gate, key, keys, token, user};

/// Keys in which the pepper `current` has come after those before it.
fn rotated(current: u8) -> Keys {
    let pepper = |byte: u8| Pepper::new(byte.into(), &Zeroizing::new([byte; 32]));
    Keys { pepper: pepper(current), former_peppers: (1..current).rev().map(pepper).collect(), ..keys() }
}

#[test]
fn a_secret_under_a_former_pepper_is_known_and_noted_once() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (record, secret) = token(&gate, &ann, &["read"]);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.take_outdated(9), []);
    gate.set_keys(rotated(2));
    for _ in 0..3 {
        assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    }
    let (from, _) = record.digest.unwrap();
    let to = (rotated(2).pepper.digest(secret.as_bytes()), 2);
    assert_eq!(gate.take_outdated(9), [Redigest { from, to }]);
    let moved = Token { digest: Some(to), revision: 2, ..record };
    gate.apply(&Change::TokenChanged(moved));
    gate.set_keys(Keys { former_peppers: Vec::new(), ..rotated(2) });
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!((gate.take_outdated(9), gate.tokens()), (Vec::new(), 1));
}

#[test]
fn nothing_is_moved_while_somebody_decides_by_the_keys_before() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (_, secret) = token(&gate, &ann, &["read"]);
    let under_way = gate.keys();
    gate.set_keys(rotated(2));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.take_outdated(9).len(), 0);
    drop(under_way);
    assert_eq!(gate.take_outdated(9).len(), 1);
}

#[test]
fn a_key_is_moved_too() {
    let gate = gate();
    let (record, secret) = key(&gate, KeyKind::System);
    gate.set_keys(rotated(2));
    let presented = symbolon_core::credential::Presented::Secret(secret.as_bytes());
    assert!(gate.identify(presented, None, crate::make::now()).unwrap().is_ok());
    let moves = gate.take_outdated(9);
    gate.apply(&Change::KeyChanged(Key { digest: moves[0].to, ..record.clone() }));
    gate.set_keys(Keys { former_peppers: Vec::new(), ..rotated(2) });
    assert!(gate.identify(presented, None, crate::make::now()).unwrap().is_ok());
    gate.apply(&Change::KeyRemoved(record.id));
    assert!(gate.identify(presented, None, crate::make::now()).unwrap().is_err());
}

/// Others check all the while, and no check misses the token, wherever it lies.
#[test]
fn race_of_checks_and_rotations() {
    const ROTATIONS: u8 = 40;
    let gate = gate();
    let ann = user(&gate, "ann");
    let (mut record, secret) = token(&gate, &ann, &["read"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let checking: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut checks = 0_u64;
                    while !done.load(Ordering::Relaxed) {
                        if ask(&gate, "/read", &secret) != Code::Allowed {
                            return Err(checks);
                        }
                        checks += 1;
                    }
                    Ok(checks)
                })
            })
            .collect();
        for current in 2..ROTATIONS {
            gate.set_keys(rotated(current));
            let moved = loop {
                if let [moved] = gate.take_outdated(9)[..] {
                    break moved;
                }
                if checking.iter().any(std::thread::ScopedJoinHandle::is_finished) {
                    break Redigest { from: record.digest.unwrap().0, to: record.digest.unwrap() };
                }
                std::thread::yield_now();
            };
            record = Token { digest: Some(moved.to), revision: record.revision + 1, ..record };
            gate.apply(&Change::TokenChanged(record.clone()));
        }
        done.store(true, Ordering::Relaxed);
        for thread in checking {
            assert!(thread.join().unwrap().is_ok_and(|checks| checks > 0), "a check missed the token");
        }
    });
}
