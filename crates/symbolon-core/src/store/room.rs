//! How many tokens of a user may live at once.

use jiff::Timestamp;

use crate::id::UserId;
use crate::name::ServiceName;

/// A limit to the tokens of a user that live at once, looked at inside the transaction, before its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Of this service.
    pub service: ServiceName,
    /// Of this user.
    pub owner: UserId,
    /// So many more come to live, at least one;
    pub more: u32,
    /// and no more than so many may live then. A token lives that is neither revoked nor past its end at the mutation's moment,
    pub most: u32,
    /// nor was neither made, changed nor used after this one, if there is one.
    pub idle_since: Option<Timestamp>,
}

impl Room {
    /// The limits of many tokens together: one for each service and owner.
    pub fn together(rooms: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut together: Vec<Self> = Vec::new();
        for room in rooms {
            match together.iter_mut().find(|known| known.owner == room.owner && known.service == room.service)
            {
                Some(known) => known.more = known.more.saturating_add(room.more),
                None => together.push(room),
            }
        }
        together
    }
}
