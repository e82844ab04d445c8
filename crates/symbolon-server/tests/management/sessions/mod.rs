//! Sign-ins.

mod cookie;
mod crowd;
mod ending;
mod guessing;
mod sign_in;
