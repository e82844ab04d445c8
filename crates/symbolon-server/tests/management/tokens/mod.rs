//! Tokens of a service.

mod changes;
mod creation;
mod expiry;
mod history;
mod limits;
mod lists;
mod metadata;
mod ownership;
mod promise;
mod rates;
mod restrictions;
mod rotation;
mod usage;
