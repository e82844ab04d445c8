//! The Debian package: made by `cargo xtask package`, which has lintian judge it, and installed on a copy of this
//! machine that is forgotten afterwards.

use std::path::Path;
use std::process::Command;

use super::{namespaces, root, tried};
use crate::support::Place;

/// What a package may leave on a machine: notes of the package manager, caches and logs are not the package's, and its
/// user stays on purpose.
const STAYS: [&str; 4] = ["/var/lib/dpkg/", "/var/log/", "/var/cache/", "/etc/.pwd.lock"];

#[test]
fn heavy_the_package_is_installed_started_removed_and_purged() {
    let place = Place::empty();
    let made = Command::new(env!("CARGO"))
        .args(["xtask", "package", "--quick", "--binary", env!("CARGO_BIN_EXE_symbolon"), "--output"])
        .arg(place.path())
        .current_dir(root())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/package");
    let machine = place.path().join("machine");
    std::fs::create_dir(&machine).unwrap();
    let mut unshare = namespaces();
    unshare.arg("sh").arg(scripts.join("outside.sh")).arg(&machine);
    let (good, said) = tried(unshare.arg(place.path().join("symbolon.deb")).arg(scripts.join("inside.sh")));
    assert!(good && said.contains("everything went well"), "{said}");
    let new: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("new: ")).collect();
    let left: Vec<&&str> =
        new.iter().filter(|path| !STAYS.iter().any(|stays| path.starts_with(stays))).collect();
    assert!(left.is_empty(), "{left:?} is left behind:\n{said}");
}
