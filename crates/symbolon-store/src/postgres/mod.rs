//! The record in a PostgreSQL database, which several processes may share.

mod changes;
mod fault;
mod load;
mod planted;
mod read;
