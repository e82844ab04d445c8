//! Files: settings, catalogs, data directory.

use std::fs;

use super::Findings;
use crate::catalogs::CatalogSource;
use crate::data_dir::{Contents, DataDir, KeyFile, Privacy, load_audit_keys, privacy};
use crate::node::services;
use crate::settings::{ProxyDoor, Settings, WebhookSettings};

pub(super) fn settings(settings: &Settings, findings: &mut Findings) {
    let Some(path) = &settings.file else {
        return findings.ok("settings", "no file; every setting is the default or the environment's");
    };
    let secrets =
        settings.services.values().filter_map(|service| service.proxy.as_ref()).any(ProxyDoor::has_secrets)
            || settings.webhooks.iter().any(WebhookSettings::has_secrets);
    match fs::metadata(path).map(|metadata| privacy(&metadata)) {
        Ok(Privacy::Others(mode)) if secrets => findings.warn(
            "settings",
            format!(
                "{0} holds a secret, in upstream_headers or of a webhook, and can be reached by others (mode {mode:04o}); run: chmod \
                 600 {0}; or name a file of its own: {{ file = \"…\" }}",
                path.display()
            ),
        ),
        _ => findings.ok("settings", path.display().to_string()),
    }
    for (name, service) in &settings.services {
        if let Some(Err(fault)) =
            service.proxy.as_ref().map(|door| door.settings(name, settings.proxy_limits))
        {
            findings.bad("settings", fault.to_string());
        }
    }
    if let Err(failure) = settings.open_webhooks() {
        findings.bad("settings", failure.to_string());
    }
}

pub(super) fn catalogs(settings: &Settings, findings: &mut Findings) {
    let mut compiled = Vec::new();
    for source in &settings.catalogs {
        match source.compile() {
            Ok(catalog) => {
                for warning in &catalog.warnings {
                    findings.warn("catalog", warning.to_string());
                }
                let text =
                    format!("{source}: the service {}, {} routes", catalog.service, catalog.routes.len());
                findings.ok("catalog", text);
                compiled.push(catalog);
            }
            Err(failure) => findings.bad("catalog", failure.to_string()),
        }
    }
    let all = compiled.len() == settings.catalogs.len();
    if let Some(Err(failure)) = all.then(|| services(settings, &compiled)) {
        findings.bad("catalog", failure.to_string());
    }
    if compiled.is_empty() && settings.catalogs == Vec::<CatalogSource>::new() {
        findings
            .warn("catalog", "there are no catalogs, so there is nothing to guard; name some in catalogs");
    }
}

pub(super) fn data_dir(directory: &DataDir, findings: &mut Findings) {
    match directory.contents() {
        Ok(Contents::Everything) => {}
        Ok(Contents::Nothing) => {
            return findings.bad("data directory", directory.not_initialised().to_string());
        }
        Err(failure) => return findings.bad("data directory", failure.to_string()),
    }
    let path = directory.path().display();
    match fs::metadata(directory.path()).map(|metadata| privacy(&metadata)) {
        Ok(Privacy::Owner) => findings.ok("data directory", path.to_string()),
        Ok(Privacy::Others(mode)) => findings.warn(
            "data directory",
            format!("{path} can be reached by others (mode {mode:04o}); run: chmod 700 {path}"),
        ),
        Err(error) => findings.bad("data directory", format!("{path} cannot be looked at: {error}")),
    }
    // A directory from before there were checkpoints has none; the next start makes it.
    if directory.audit_key().exists()
        && let Err(failure) = load_audit_keys(&directory.audit_key())
    {
        findings.bad("keys", failure.to_string());
    }
    match KeyFile::load(&directory.keys()) {
        Ok(_) => findings.ok("keys", directory.keys().display().to_string()),
        Err(failure) => findings.bad("keys", failure.to_string()),
    }
}
