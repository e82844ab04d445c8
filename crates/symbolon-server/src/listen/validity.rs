//! Until when a certificate holds. Nothing is decided by it here; it is for whoever must renew it in time.

use symbolon_core::Timestamp;

const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`: the version, which a certificate of version 1 has not.
const VERSION: u8 = 0xa0;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// How long before its end a certificate is to be renewed, in seconds: 14 days. What renews by itself does so earlier,
/// as a rule with a third of the time left.
const SOON: i64 = 14 * 24 * 60 * 60;

/// How near its end a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Valid,
    EndsSoon,
    Ended,
    /// It does not say when it ends.
    Unknown,
}

impl Standing {
    /// Of a certificate that holds up to and including the second `ends` (RFC 5280 section 4.1.2.5).
    pub(super) fn of(ends: Option<Timestamp>, now: Timestamp) -> Self {
        match ends.map(|ends| ends.as_second() - now.as_second()) {
            None => Self::Unknown,
            Some(..0) => Self::Ended,
            Some(0..SOON) => Self::EndsSoon,
            Some(_) => Self::Valid,
        }
    }

    /// Its word on the wire.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::EndsSoon => "ends_soon",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

/// The end of a certificate's validity (RFC 5280 section 4.1): `tbsCertificate.validity.notAfter`. `None` where it is not
/// written as that section has it.
pub(super) fn end(certificate: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest, VERSION)?.1;
    }
    // The serial number, the signature's algorithm and the issuer.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        rest = element(rest, tag)?.1;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let tag = *validity.first()?;
    let not_after = element(validity, tag)?.1;
    time(not_after)
}

/// What the first element holds, which must have this tag, and what follows it (X.690 section 8.1).
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        // As many bytes more say how long it is; three are more than any certificate needs.
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.is_empty() || digits.len() > 3 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    rest.split_at_checked(length)
}

/// A moment, of which the years from 1950 to 2049 are written with two digits (RFC 5280 section 4.1.2.5).
fn time(bytes: &[u8]) -> Option<Timestamp> {
    let tag = *bytes.first()?;
    let text = str::from_utf8(element(bytes, tag)?.0).ok()?;
    let text = match (tag, text.len()) {
        (UTC_TIME, 13) if text.get(..2)? < "50" => format!("20{text}"),
        (UTC_TIME, 13) => format!("19{text}"),
        (GENERALIZED_TIME, 15) => text.to_owned(),
        _ => return None,
    };
    let (date, time) = text.split_at_checked(8)?;
    format!("{date}T{time}").parse().ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn until(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(1960, 1, 1);
        params.not_after = date_time_ymd(year, 2, 28);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_both_writings() {
        for (year, expected) in [
            (1970, "1970-02-28T00:00:00Z"),
            (2049, "2049-02-28T00:00:00Z"),
            (2050, "2050-02-28T00:00:00Z"),
            (9_999, "9999-02-28T00:00:00Z"),
        ] {
            assert_eq!(end(&until(year)), Some(expected.parse().unwrap()), "{year}");
        }
    }

    #[test]
    fn fourteen_days_before_its_end_it_ends_soon() {
        let ends: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        for (now, standing) in [
            ("2026-11-16T12:00:00Z", Standing::Valid),
            ("2026-11-16T12:00:01Z", Standing::EndsSoon),
            ("2026-11-30T12:00:00Z", Standing::EndsSoon),
            ("2026-11-30T12:00:01Z", Standing::Ended),
        ] {
            assert_eq!(Standing::of(Some(ends), now.parse().unwrap()), standing, "{now}");
        }
        assert_eq!(Standing::of(None, ends), Standing::Unknown);
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = until(2049);
        // Cut anywhere before its validity's end, it has none; and nothing is read that is not there.
        assert!((0..whole.len()).all(|at| end(&whole[..at]).is_none()));
        for bytes in [&b""[..], b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", b"0\x02\x30\x00"] {
            assert_eq!(end(bytes), None);
        }
    }
}
