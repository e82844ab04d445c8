//! Whether a library can step a process's wall clock and leave its steady one alone.

use std::path::Path;
use std::process::Command;

use crate::clock;

/// By how much the wall clock is stepped to see it, in seconds.
const STEP: u64 = 3_600;
/// How long the program may take that says what its clocks are, in seconds.
const TAKES: u64 = 60;

/// Sees whether the library does so, by a process of this same program; the error is a sentence.
///
/// A steady clock that steps too would break leases, and no real one does.
pub(super) fn is_sound(library: &Path) -> Result<(), String> {
    let fault = |why| format!("the clocks of a process cannot be read: {why}");
    let program = std::env::current_exe().map_err(fault)?;
    let (wall, steady) = (clock::wall(), clock::now());
    let said = Command::new(program)
        .arg("clocks")
        .env_clear()
        .env("LD_PRELOAD", library)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME", format!("+{STEP}"))
        .output()
        .map_err(fault)?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let clocks = said.trim().split_once(' ');
    let clocks =
        clocks.and_then(|(wall, steady)| Some((wall.parse::<u64>().ok()?, steady.parse::<u64>().ok()?)));
    let (stepped, beside) =
        clocks.ok_or_else(|| format!("the clocks of a process are not understood: {said}"))?;
    if !(wall + STEP..=wall + STEP + TAKES).contains(&stepped) {
        return Err("the library does not step the wall clock".to_owned());
    }
    if !(steady..=steady + TAKES * 1_000_000_000).contains(&beside) {
        return Err("the library steps the steady clock too".to_owned());
    }
    Ok(())
}
