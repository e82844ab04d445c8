//! Sign-ins.

mod cookie;
mod ending;
mod sign_in;
