//! Looking for tokens and keys where they should not be: in files, compressed logs and the history of repositories. Asks
//! nobody, writes nothing, and keeps of what it reads the finds alone.

mod files;
mod finds;
mod git;

pub(crate) use files::files;
pub(crate) use finds::{Finds, Found, Place};
pub(crate) use git::history;
