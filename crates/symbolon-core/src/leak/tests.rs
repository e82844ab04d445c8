use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::random::Entropy;
use crate::token::NewSecret;

struct Seeded(u64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0;
        for byte in bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

fn token(prefix: &str, seed: u64) -> String {
    let prefix = if prefix == "symkey" { Prefix::of_keys() } else { prefix.parse().unwrap() };
    NewSecret::generate(&prefix, &Seeded(seed)).reveal().to_owned()
}

/// Line and text of all that is found in these pieces.
fn found(pieces: &[&[u8]]) -> Vec<(u64, String)> {
    let (mut scan, mut all) = (Scan::default(), Vec::new());
    let mut note = |line, find: Find| all.push((line, find.secret().expose_secret().to_owned()));
    for piece in pieces {
        scan.push(piece, &mut note);
    }
    scan.end(&mut note);
    all
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn it_is_found_in_whatever_it_stands() {
    for prefix in ["odin", "ody", "symkey", "a1", "abcdefghijklmnop"] {
        let token = token(prefix, 7);
        for text in [
            token.clone(),
            format!("TOKEN={token}\n"),
            format!("{{\"log\":\"first\\n{token}\\nlast\"}}"),
            format!("GET /x?token=%20{token}%22&y"),
            format!("https://x:{token}@host/"),
            format!("my_key_{token}_old"),
            format!("0{token}0"),
            format!("{token}{token}"),
        ] {
            let places = found(&[text.as_bytes()]);
            assert!(!places.is_empty() && places.iter().all(|place| place.1 == token), "{text}: {places:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(found(&bytes), places, "{text}");
        }
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide = utf16(&format!("größe\r\n  {token}\r\n"), to_bytes);
            assert_eq!(found(&[&wide]), [(2, token.clone())]);
        }
    }
}

#[test]
fn what_is_shown_has_no_secret_in_it() {
    let token = token("odin", 7);
    let text = format!("dir_{token}/{token}.log");
    let (start, find) = found_at(text.as_bytes(), 8).unwrap();
    assert_eq!((start, find.shown()), (4, format!("{}…", &token[..13])));
    assert_eq!(format!("{find:?}"), find.shown());
    assert_eq!(redacted(&text), format!("dir_{0}/{0}.log", find.shown()));
    for plain in ["", "_", "é_ü", "odin_x"] {
        assert_eq!(redacted(plain), plain);
    }
}

#[test]
fn a_line_is_where_it_begins() {
    let (one, two) = (token("odin", 1), token("ody", 2));
    let text = format!("{one}\n\n{two}{one}\n");
    let expected = [(1, one.clone()), (3, two), (3, one)];
    assert_eq!(found(&[text.as_bytes()]), expected);
    for cut in 0..text.len() {
        let (head, tail) = text.as_bytes().split_at(cut);
        assert_eq!(found(&[head, tail]), expected, "{cut}");
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let mut scan = Scan::default();
    for _ in 0..1_000 {
        scan.push(b"_a_b\0_\0abcdefgh_", &mut |_, find| panic!("{find:?}"));
        assert!(scan.kept.len() <= BEFORE_AND_AFTER, "{}", scan.kept.len());
    }
}

const BEFORE_AND_AFTER: usize = (MAX_PREFIX + 1 + RANDOM_AND_CHECKSUM) * 2;

proptest! {
    #[test]
    fn what_is_planted_is_found_wherever_the_bytes_are_cut(
        mut noise in prop::collection::vec(any::<u8>(), 0..600),
        at in any::<Index>(), seed in any::<u64>(), cuts in prop::collection::vec(any::<Index>(), 0..4),
    ) {
        let token = token("odin", seed);
        let at = at.index(noise.len() + 1);
        noise.splice(at..at, token.bytes());
        let line = 1 + noise[..at].split(|byte| *byte == b'\n').count() as u64 - 1;
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(noise.len())).collect();
        cuts.extend([0, noise.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &noise[cut[0]..cut[1]]).collect();
        prop_assert_eq!(found(&pieces), [(line, token)]);
    }

    #[test]
    fn what_is_corrupted_is_not_found(seed in any::<u64>(), at in 0_usize..54, to in any::<u8>()) {
        let mut text = token("odin", seed).into_bytes();
        prop_assume!(text[at] != to);
        text[at] = to;
        prop_assert_eq!(found(&[&text]), []);
        text.remove(at);
        prop_assert_eq!(found(&[&text]), []);
    }

    #[test]
    fn noise_is_no_token(noise in prop::collection::vec(any::<u8>(), 0..2_000), text in "[a-z0-9_A-Z]{0,400}") {
        prop_assert_eq!(found(&[&noise]), []);
        prop_assert_eq!(found(&[text.as_bytes()]), []);
    }

    #[test]
    fn a_redacted_text_has_nothing_in_it(before in "\\PC{0,20}", after in "\\PC{0,20}", seed in any::<u64>()) {
        let token = token("odin", seed);
        let text = redacted(&format!("{before}{token}{after}"));
        prop_assert!(!text.contains(&token[13..]));
        prop_assert!(text.starts_with(&before) && text.ends_with(&after));
    }
}
