//! Devices on which a user has signed in before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! Their mark signs nobody in. It says that whoever brings it once knew this user's password, and so is not one of
//! those who guess it; their attempts are counted apart, and somebody who guesses cannot lock the user out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;

use crate::digest::Pepper;
use crate::random::Entropy;
use crate::record::{PasswordHash, User};

/// What no secret that is digested under the same pepper begins with: a zero byte cannot be sent in a header.
const DOMAIN: &[u8] = b"device\0";
/// A random name of 16 bytes, the end in seconds, and the MAC.
const LENGTH: usize = 16 + 8 + 32;

/// Which device: a random name, made at the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Device([u8; 16]);

impl Device {
    /// A new device's mark, which holds until `end` and as long as `user` keeps the password.
    pub fn mark(pepper: &Pepper, user: &User, end: Timestamp, entropy: &dyn Entropy) -> String {
        let mut name = [0; 16];
        entropy.fill(&mut name);
        let end = end.as_second().to_be_bytes();
        let mac = pepper.digest(&message(Some(user), name, end));
        BASE64URL.encode([&name[..], &end, mac.as_bytes()].concat())
    }

    /// The device of a mark, if it is one of `user` and holds at `now`. The work is the same without a user.
    pub fn known(pepper: &Pepper, user: Option<&User>, mark: &[u8], now: Timestamp) -> Option<Self> {
        let mark: [u8; LENGTH] = BASE64URL.decode(mark).ok()?.try_into().ok()?;
        let (name, end) = (mark.first_chunk::<16>()?, mark[16..].first_chunk::<8>()?);
        let right = pepper.confirms(&message(user, *name, *end), &mark[24..]);
        (right && user.is_some() && i64::from_be_bytes(*end) > now.as_second()).then_some(Self(*name))
    }
}

/// Each part has one length but the last.
fn message(user: Option<&User>, name: [u8; 16], end: [u8; 8]) -> Vec<u8> {
    let id = user.map_or_else(|| crate::id::UserId::SYSTEM.to_string(), |user| user.id.to_string());
    let password = user.and_then(|user| user.password.as_ref()).map_or("", PasswordHash::as_phc);
    [DOMAIN, &name, &end, id.as_bytes(), password.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::id::UserId;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn pepper(byte: u8) -> Pepper {
        Pepper::new(1, &Zeroizing::new([byte; 32]))
    }

    fn user(password: &str) -> User {
        User {
            id: "usr_00000000000170008000000000000001".parse().unwrap(),
            name: "ann".parse().unwrap(),
            password: Some(PasswordHash::from_phc(password.to_owned())),
            password_temporary: false,
            active: true,
            platform_admin: false,
            roles: std::collections::BTreeMap::new(),
            created_at: Timestamp::UNIX_EPOCH,
            revision: 1,
        }
    }

    #[test]
    fn a_mark_is_of_one_user_one_password_and_one_server_until_its_end() {
        let (ann, at) = (user("one"), |s| Timestamp::from_second(s).unwrap());
        let mark = Device::mark(&pepper(1), &ann, at(100), &Sevens);
        let known =
            |byte, user: Option<&User>, now| Device::known(&pepper(byte), user, mark.as_bytes(), at(now));
        assert_eq!(known(1, Some(&ann), 99), Some(Device([7; 16])));
        assert_eq!(known(1, Some(&ann), 100), None, "an end equal to now has been reached");
        assert_eq!(known(2, Some(&ann), 99), None);
        assert_eq!(known(1, Some(&user("two")), 99), None);
        assert_eq!(known(1, Some(&User { id: UserId::SYSTEM, ..ann.clone() }), 99), None);
        assert_eq!(known(1, None, 99), None);
        let renamed = User { active: false, revision: 9, ..ann };
        assert!(known(1, Some(&renamed), 99).is_some(), "only the password counts");
    }

    #[test]
    fn no_other_text_is_a_mark() {
        let ann = user("one");
        let now = Timestamp::UNIX_EPOCH;
        let mark = Device::mark(&pepper(1), &ann, Timestamp::from_second(100).unwrap(), &Sevens);
        for at in 0..mark.len() {
            let mut changed = mark.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(Device::known(&pepper(1), Some(&ann), &changed, now), None, "character {at}");
        }
        for other in ["", "AAAA", &mark[1..], &format!("{mark}AAAA")] {
            assert_eq!(Device::known(&pepper(1), Some(&ann), other.as_bytes(), now), None, "{other}");
        }
    }
}
