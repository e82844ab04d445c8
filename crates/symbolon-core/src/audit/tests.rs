use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;

fn line(seq: u64) -> Line {
    Line {
        seq,
        at: Timestamp::from_millisecond(1_767_225_600_000 + seq.cast_signed()).unwrap(),
        actor: "usr_1".to_owned(),
        session: Some("ses_1".to_owned()),
        client_ip: Some("192.0.2.1".to_owned()),
        request_id: None,
        action: "token.create".to_owned(),
        subject: format!("tok_{seq}"),
        service: Some("odin".to_owned()),
        detail: r#"{"name":"ci"}"#.to_owned(),
        hash: LineHash::GENESIS,
    }
}

/// As many lines as a record would have written.
fn chain(length: u64) -> Vec<Line> {
    relinked((1..=length).map(line).collect())
}

/// The hashes computed anew, as whoever writes to the database can.
fn relinked(mut lines: Vec<Line>) -> Vec<Line> {
    let mut previous = LineHash::GENESIS;
    for line in &mut lines {
        line.hash = line.hash_after(previous);
        previous = line.hash;
    }
    lines
}

fn followed(lines: &[Line], anchors: Anchors) -> Result<Verdict, Flaw> {
    let mut chain = Chain::new(anchors);
    lines.iter().try_for_each(|line| chain.follow(line))?;
    chain.end()
}

fn verify(lines: &[Line]) -> Result<Verdict, Flaw> {
    followed(lines, Anchors::default())
}

fn key(byte: u8) -> AuditKey {
    AuditKey::new(&Zeroizing::new([byte; 32]))
}

fn signed(lines: &[Line], seqs: &[u64]) -> Anchors {
    let mut anchors = Anchors::default();
    for line in lines.iter().filter(|line| seqs.contains(&line.seq)) {
        let head = Head { seq: line.seq, hash: line.hash };
        anchors.add(&key(1).sign(head, Timestamp::UNIX_EPOCH)).unwrap();
    }
    anchors
}

type Tampering = fn(&mut Line);

/// One for each field of a line.
const TAMPERINGS: [Tampering; 10] = [
    |line| line.at += jiff::SignedDuration::from_millis(1),
    |line| line.actor.push('x'),
    |line| line.session = None,
    |line| line.client_ip = Some("192.0.2.2".to_owned()),
    |line| line.request_id = Some(String::new()),
    |line| line.action = "token.revoke".to_owned(),
    |line| line.subject.clear(),
    |line| line.service = None,
    |line| line.detail = r#"{"name": "ci"}"#.to_owned(),
    |line| line.hash.0[31] ^= 1,
];

#[test]
fn a_hash_is_what_it_was_when_this_was_written() {
    // Another encoding would break every chain that there is.
    let expected = "b71b18d16324582e94162cfc7660bd033ca8c5ada71ffce0470ebc0fad1208c8";
    assert_eq!(chain(2)[1].hash.to_string(), expected);
    assert_eq!(expected.parse(), Ok(chain(2)[1].hash));
    assert!(expected.to_uppercase().parse::<LineHash>().is_err());
}

proptest! {
    #[test]
    fn the_first_line_that_was_changed_is_named(length in 1_u64..9, at in any::<prop::sample::Index>(), how in 0..TAMPERINGS.len()) {
        let mut lines = chain(length);
        let at = at.index(lines.len());
        TAMPERINGS[how](&mut lines[at]);
        prop_assert_eq!(verify(&lines), Err(Flaw::Changed { seq: at as u64 + 1 }));
    }

    #[test]
    fn a_line_that_is_gone_is_named(length in 2_u64..9, at in any::<prop::sample::Index>()) {
        let mut lines = chain(length);
        let at = at.index(lines.len() - 1);
        lines.remove(at);
        let seq = at as u64 + 1;
        prop_assert_eq!(verify(&lines), Err(Flaw::Misplaced { seq, found: seq + 1 }));
        // Also where those behind it are numbered anew.
        for (line, seq) in lines.iter_mut().zip(1..) {
            line.seq = seq;
        }
        prop_assert_eq!(verify(&lines), Err(Flaw::Changed { seq }));
    }

    #[test]
    fn two_that_were_swapped_are_named(length in 2_u64..9, one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let mut lines = chain(length);
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        prop_assume!(one != other);
        let first = one.min(other) as u64 + 1;
        let found = one.max(other) as u64 + 1;
        lines.swap(one, other);
        prop_assert_eq!(verify(&lines), Err(Flaw::Misplaced { seq: first, found }));
        for (line, seq) in lines.iter_mut().zip(1..) {
            line.seq = seq;
        }
        prop_assert_eq!(verify(&lines), Err(Flaw::Changed { seq: first }));
    }

    #[test]
    fn texts_that_only_join_alike_hash_apart(actor in "[\\x00\\x01a]{0,4}", session in "[\\x00\\x01a]{0,4}", split in 0_usize..9) {
        let joined = format!("{actor}{session}");
        let (head, tail) = joined.split_at(split.min(joined.len()));
        let of = |actor: &str, session: Option<&str>| {
            let line = Line { actor: actor.to_owned(), session: session.map(str::to_owned), ..line(1) };
            line.hash_after(LineHash::GENESIS)
        };
        prop_assert_eq!(of(&actor, Some(&session)) == of(head, Some(tail)), actor == head);
        prop_assert_ne!(of(&actor, Some("")), of(&actor, None));
    }

    #[test]
    fn a_chain_computed_anew_contradicts_the_next_checkpoint(at in 0_usize..8, how in 0..TAMPERINGS.len() - 1) {
        let lines = chain(8);
        let anchors = signed(&lines, &[3, 8]);
        let mut tampered = lines;
        TAMPERINGS[how](&mut tampered[at]);
        let tampered = relinked(tampered);
        prop_assert!(verify(&tampered).is_ok());
        let (first, seq) = if at < 3 { (1, 3) } else { (4, 8) };
        prop_assert_eq!(followed(&tampered, anchors), Err(Flaw::Rewritten { first, seq }));
    }

    #[test]
    fn an_end_that_was_cut_off_is_missed_by_a_checkpoint_alone(kept in 0_usize..8) {
        let lines = chain(8);
        let anchors = signed(&lines, &[5, 8]);
        prop_assert!(verify(&lines[..kept]).is_ok());
        prop_assert_eq!(followed(&lines[..kept], anchors), Err(Flaw::Truncated { seq: kept as u64 + 1, signed: 8 }));
    }

    #[test]
    fn a_checkpoint_is_of_what_it_says_or_of_nothing(seq in 0_u64..9, millis in 0_i64..9, byte in 0_usize..64, bit in 0_u8..8) {
        let head = Head { seq: 4, hash: LineHash([7; 32]) };
        let at = Timestamp::from_millisecond(4).unwrap();
        let whole = key(1).sign(head, at);
        let keys = [key(2).public(), key(1).public()];
        prop_assert_eq!(whole.verify(&keys), Ok(()));
        prop_assert_eq!(whole.verify(&keys[..1]), Err(CheckpointFault::UnknownKey));
        let renamed = Checkpoint { key: key(2).public().id(), ..whole.clone() };
        prop_assert_eq!(renamed.verify(&keys), Err(CheckpointFault::Signature));
        let mut other = whole.clone();
        other.head.seq = seq;
        other.at = Timestamp::from_millisecond(millis).unwrap();
        prop_assert_eq!(other.verify(&keys).is_ok(), other == whole);
        let mut other = whole.clone();
        other.signature.0[byte] ^= 1 << bit;
        prop_assert_eq!(other.verify(&keys), Err(CheckpointFault::Signature));
        let mut other = whole;
        other.head.hash.0[byte % 32] ^= 1 << bit;
        prop_assert_eq!(other.verify(&keys), Err(CheckpointFault::Signature));
    }
}

#[test]
fn a_whole_chain_says_how_far_it_is_vouched_for() {
    let lines = chain(5);
    let head = Head { seq: 5, hash: lines[4].hash };
    assert_eq!(verify(&lines), Ok(Verdict { first: 1, head, signed: 0 }));
    assert_eq!(followed(&lines, signed(&lines, &[2, 4])), Ok(Verdict { first: 1, head, signed: 4 }));
    assert_eq!(verify(&[]), Ok(Verdict { first: 0, head: Head::EMPTY, signed: 0 }));
}

#[test]
fn a_part_begins_behind_a_line_that_is_vouched_for() {
    let lines = chain(5);
    let part = |lines: &[Line], anchors| {
        let mut chain = Chain::of_part(anchors);
        lines.iter().try_for_each(|line| chain.follow(line))?;
        chain.end()
    };
    let head = Head { seq: 5, hash: lines[4].hash };
    assert_eq!(part(&lines[2..], signed(&lines, &[2])), Ok(Verdict { first: 3, head, signed: 2 }));
    assert_eq!(part(&lines[2..], signed(&lines, &[3])), Err(Flaw::Unanchored { found: 3 }));
    assert_eq!(part(&lines, Anchors::default()), Ok(Verdict { first: 1, head, signed: 0 }));
    // The record itself has no beginning but its first line.
    assert_eq!(followed(&lines[2..], signed(&lines, &[2])), Err(Flaw::Misplaced { seq: 1, found: 3 }));
    assert_eq!(part(&[line(0)], Anchors::default()), Err(Flaw::Misplaced { seq: 1, found: 0 }));
}

#[test]
fn a_line_that_cannot_be_read_is_named_if_it_is_the_first_that_is_bad() {
    let lines = chain(3);
    let mut chain = Chain::new(Anchors::default());
    chain.follow(&lines[0]).unwrap();
    assert_eq!(chain.unreadable(2), Flaw::Unreadable { seq: 2 });
    assert_eq!(chain.unreadable(3), Flaw::Misplaced { seq: 2, found: 3 });
}

#[test]
fn two_audits_under_one_key_are_told() {
    let lines = chain(3);
    let mut anchors = signed(&lines, &[2]);
    let other = Head { seq: 2, hash: lines[0].hash };
    assert_eq!(anchors.add(&key(1).sign(other, Timestamp::UNIX_EPOCH)), Err(2));
}

#[test]
fn keys_are_read_as_they_are_printed_and_the_secret_one_does_not_print() {
    let public = key(1).public();
    assert_eq!(public.to_string().parse(), Ok(public));
    // The neutral element of the curve, and what is no point or no key.
    for text in ["AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AA==", "", "not base64!"] {
        assert_eq!(text.parse::<PublicKey>(), Err(KeyFault), "{text}");
    }
    assert_eq!(format!("{:?}", key(1)), format!("AuditKey({})", public.id()));
}
