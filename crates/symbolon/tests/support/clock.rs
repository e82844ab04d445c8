//! A server's wall clock, which a test may step: by libfaketime, which `cargo xtask test` installs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::Place;

/// Where it stands how far the clock is ahead.
fn steps(place: &Place) -> PathBuf {
    place.path().join("steps")
}

/// From now on a server of this place has a clock that can be stepped. The file: a sign and a number of seconds, such as
/// `+600`, is how far it is ahead.
pub fn steppable(place: &Place) -> PathBuf {
    place.write("steps", "+0\n");
    steps(place)
}

/// Gives a server of this place such a clock, if it is to have one.
pub(super) fn set(command: &mut Command, place: &Place) {
    let steps = steps(place);
    if !steps.exists() {
        return;
    }
    let platforms = fs::read_dir("/usr/lib").unwrap().flatten();
    let library = platforms.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    let library = library.into_iter().find(|file| file.is_file()).expect("libfaketime is installed");
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", steps)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME_NO_CACHE", "1");
}

/// Takes away what the library leaves of a process that was killed.
pub(super) fn clean(id: u32) {
    for name in ["faketime_shm_", "sem.faketime_sem_"] {
        // Most servers have nothing there.
        let _ = fs::remove_file(Path::new("/dev/shm").join(format!("{name}{id}")));
    }
}
