//! Sign-ins.

mod cookie;
mod crowd;
mod ending;
mod sign_in;
