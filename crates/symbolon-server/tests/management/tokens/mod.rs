//! Tokens of a service.

mod advice;
mod batch;
mod bulk;
mod changes;
mod creation;
mod expiry;
mod giving;
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
