use std::fmt;
use std::str::FromStr;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A token was made.
    Created,
    /// A token ends in 30, 7 or 1 days.
    Expiring,
    /// A token has ended.
    Expired,
    /// A token was taken back, by itself or with its owner.
    Revoked,
    /// A secret that a rotation had retired was presented.
    Reused,
    /// A token's secret was seen where it does not belong.
    Leaked,
    /// A token asks for scopes that it has not.
    Asked,
}

/// A text that is no event's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an event is token.created, token.expiring, token.expired, token.revoked, token.reused, token.leaked or ask.made"
)]
pub struct EventFault;

impl Event {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Expiring,
        Self::Expired,
        Self::Revoked,
        Self::Reused,
        Self::Leaked,
        Self::Asked,
    ];

    /// The event that a line of the audit stands for, by its action; most stand for none.
    pub fn of(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.action() == action)
    }

    /// The audit's word for it.
    pub fn action(self) -> &'static str {
        match self {
            Self::Created => "token.create",
            Self::Expiring => "token.expiring",
            Self::Expired => "token.expired",
            Self::Revoked => "token.revoke",
            Self::Reused => "token.reuse",
            Self::Leaked => "token.leaked",
            Self::Asked => "ask.make",
        }
    }

    /// The `type` of its notices.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "token.created",
            Self::Expiring => "token.expiring",
            Self::Expired => "token.expired",
            Self::Revoked => "token.revoked",
            Self::Reused => "token.reused",
            Self::Leaked => "token.leaked",
            Self::Asked => "ask.made",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Event {
    type Err = EventFault;

    fn from_str(text: &str) -> Result<Self, EventFault> {
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or(EventFault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_the_fault_names_them_all() {
        for event in Event::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
            assert_eq!(Event::of(event.action()), Some(event));
            assert!(EventFault.to_string().contains(event.as_str()));
        }
        for other in ["token.update", "token.revoked", "user.remove", "token", ""] {
            assert_eq!(Event::of(other), None, "{other}");
        }
        assert_eq!("token.create".parse::<Event>(), Err(EventFault));
    }
}
