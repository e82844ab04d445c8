//! The record in a PostgreSQL database, which several processes may share.

mod fault;
