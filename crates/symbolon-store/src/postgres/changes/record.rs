//! One change record: what was changed, and never how.

use jiff::Timestamp;
use symbolon_core::id::{KeyId, SessionId, TokenId, UserId};
use symbolon_core::name::{ServiceName, WebhookName};

use crate::rows::{Columns, get};

/// A change record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) of: Of,
    /// When the mutation was.
    pub(super) at: Timestamp,
}

/// What a record is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    Token(TokenId, Happened),
    User(UserId, Happened),
    Session(SessionId),
    /// All of a user's.
    Sessions(UserId),
    Key(KeyId, Happened),
    Enforcement(ServiceName),
    /// What was told of a token's end.
    Ending(TokenId),
    Webhook(WebhookName),
    /// A mutation that has changed nothing of all this.
    Nothing,
}

/// What happened to it. Only the name of the change follows from that, and never what is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    Created,
    Changed,
    Owned,
    Removed,
}

impl Record {
    /// What a row of `changes` says; `None` if that is not understood.
    pub(super) fn read(row: &impl Columns) -> Option<Self> {
        let of = of(get(row, "kind").ok()?, get(row, "id").ok()?)?;
        Some(Self { of, at: Timestamp::from_millisecond(get(row, "at").ok()?).ok()? })
    }
}

fn of(kind: &str, id: &str) -> Option<Of> {
    Some(match kind {
        "token.created" => Of::Token(id.parse().ok()?, Happened::Created),
        "token.changed" => Of::Token(id.parse().ok()?, Happened::Changed),
        "token.owned" => Of::Token(id.parse().ok()?, Happened::Owned),
        "token.erased" => Of::Token(id.parse().ok()?, Happened::Removed),
        "user.created" => Of::User(id.parse().ok()?, Happened::Created),
        "user.changed" => Of::User(id.parse().ok()?, Happened::Changed),
        "user.removed" => Of::User(id.parse().ok()?, Happened::Removed),
        "session.started" | "session.ended" => Of::Session(id.parse().ok()?),
        "sessions.ended" => Of::Sessions(id.parse().ok()?),
        "key.created" => Of::Key(id.parse().ok()?, Happened::Created),
        "key.changed" => Of::Key(id.parse().ok()?, Happened::Changed),
        "key.removed" => Of::Key(id.parse().ok()?, Happened::Removed),
        "enforcement.switched" => Of::Enforcement(id.parse().ok()?),
        "ending.told" => Of::Ending(id.parse().ok()?),
        "webhook.retried" => Of::Webhook(id.parse().ok()?),
        "none" => Of::Nothing,
        _ => return None,
    })
}
