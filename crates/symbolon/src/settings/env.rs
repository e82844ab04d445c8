//! Every environment variable that Symbolon reads, and the only place that reads them.
//!
//! | variable | is |
//! |---|---|
//! | `SYMBOLON_URL` | where the command line finds the server: `http://host:port` or `unix:/path` |
//! | `SYMBOLON_KEY` | the system key, or session's token, that it presents there |
//! | `SYMBOLON_TOKEN` | the token with which `symbolon doctor gateway` calls |
//! | `SYMBOLON_CONFIG_<KEY>` | a key of `symbolon.toml`, in place of the file's |
//! | `SYMBOLON_CONFIG_TLS__<KEY>` | a key of `[tls]`; so too after `GATEWAY__` and a service |
//! | `SYMBOLON_CONFIG_LIMITS__<KEY>` | a key of `[limits]` |
//! | `SYMBOLON_CONFIG_TELEMETRY__<KEY>` | a key of `[telemetry]` |
//! | `SYMBOLON_CONFIG_LEAKS__GITHUB__<KEY>` | a key of `[leaks.github]` |
//! | `SYMBOLON_CONFIG_AUDIT__<KEY>` | a key of `[audit]` |
//! | `SYMBOLON_CONFIG_DATABASE__<KEY>` | a key of `[database]` |
//! | `SYMBOLON_CONFIG_GATEWAY__<KEY>` | a key of `[gateway]` |
//! | `SYMBOLON_CONFIG_SERVICES__<SERVICE>__<KEY>` | a key of `[services.<service>]`; a `-` of the service's name is written `_` |
//! | `SYMBOLON_CONFIG_SERVICES__<SERVICE>__UPSTREAM_HEADERS__<HEADER>` | a header's value, `-` written `_`; with `__FILE` at the end, the file that holds it |
//! | `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`, `JOURNAL_STREAM` | what a service manager tells the server: `sd_notify(3)`, `sd_watchdog_enabled(3)`, `systemd.exec(5)` |
//!
//! `CATALOGS`, `TRUSTED_PROXIES` and `GATEWAY__PEERS` are lists with commas; truth is `true` or `false`. A `SYMBOLON_CONFIG_` name that is not one of
//! these is refused, and every other variable is ignored.

use std::ffi::OsString;
use std::time::Duration;

use secrecy::SecretString;

use super::header::HeaderSource;
use super::place::{Fault, Place, Said};
use super::source::{Draft, GatewayDraft, ServiceDraft, TlsDraft};
use super::{audit, database, leaks, limits, telemetry};

const SETTINGS: &str = "SYMBOLON_CONFIG_";

/// What the environment says.
#[derive(Default)]
pub(crate) struct Environment {
    /// `SYMBOLON_URL`.
    pub(crate) url: Option<String>,
    /// `SYMBOLON_KEY`.
    pub(crate) key: Option<SecretString>,
    /// `SYMBOLON_TOKEN`.
    pub(crate) token: Option<SecretString>,
    /// What a service manager says to the server that it starts.
    pub(crate) manager: ManagerWords,
    /// The settings, whole names; a value that is no text is `None`.
    settings: Vec<(String, Option<String>)>,
}

/// What a service manager says to a server that it starts, as it said it.
#[derive(Default)]
pub(crate) struct ManagerWords {
    /// `NOTIFY_SOCKET`: where it listens for the server's own word.
    pub(crate) notify: Option<OsString>,
    /// `JOURNAL_STREAM`: device and inode of the stream that it reads into its log.
    pub(crate) journal: Option<(u64, u64)>,
    /// `WATCHDOG_USEC`: how long a server that lives may be silent.
    pub(crate) watchdog: Option<Duration>,
    /// `WATCHDOG_PID`: which process that is asked of; any, where it is not set.
    pub(crate) watched: Option<String>,
}

impl Environment {
    /// The process's own.
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub(crate) fn read() -> Self {
        Self::of(std::env::vars_os())
    }

    fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut found = Self::default();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            if name == "NOTIFY_SOCKET" {
                // A path, which need not be text.
                found.manager.notify = Some(value).filter(|path| !path.is_empty());
                continue;
            }
            let value = value.into_string().ok();
            match name {
                // Set to nothing is what a shell script says for "not set".
                "SYMBOLON_URL" => found.url = value.filter(|text| !text.is_empty()),
                "SYMBOLON_KEY" => found.key = value.filter(|text| !text.is_empty()).map(Into::into),
                "SYMBOLON_TOKEN" => found.token = value.filter(|text| !text.is_empty()).map(Into::into),
                "WATCHDOG_USEC" => {
                    let micros = value.and_then(|text| text.parse().ok()).filter(|&micros| micros > 0);
                    found.manager.watchdog = micros.map(Duration::from_micros);
                }
                "WATCHDOG_PID" => found.manager.watched = value,
                "JOURNAL_STREAM" => found.manager.journal = value.and_then(|text| stream(&text)),
                _ if name.starts_with(SETTINGS) => found.settings.push((name.to_owned(), value)),
                _ => {}
            }
        }
        found.settings.sort();
        found
    }

    /// Writes the settings over those of the file.
    pub(super) fn overlay(&self, draft: &mut Draft) -> Vec<Fault> {
        let written = self.settings.iter().filter_map(|(name, value)| {
            let place = Place::Variable(name.clone());
            let Some(value) = value else {
                return Some(Fault { place, message: "its value is not UTF-8 text".to_owned() });
            };
            write(draft, &place, &name[SETTINGS.len()..], value).err().map(|message| Fault { place, message })
        });
        written.collect()
    }
}

/// `device:inode`, both decimal.
fn stream(text: &str) -> Option<(u64, u64)> {
    let (device, inode) = text.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

const KEYS: &str = "DATA_DIR, LISTEN, PUBLIC_URL, OPEN_DOCUMENTS, OPEN_METRICS, ACCESS_LOG, CATALOGS, LOG, LOG_FORMAT, TRUSTED_PROXIES, LIMITS__<KEY>, TELEMETRY__<KEY>, AUDIT__<KEY>, DATABASE__<KEY>, TLS__<KEY>, LEAKS__GITHUB__<KEY>, GATEWAY__<KEY> \
     and SERVICES__<SERVICE>__<KEY>";
const SERVICE_KEYS: &str = "LISTEN, PUBLIC_URL, UPSTREAM, UPSTREAM_CA, UPSTREAM_HTTP2, OTHER_CREDENTIALS, UPSTREAM_HEADERS__<HEADER>, SESSION_COOKIE, \
                            HUMAN_SYSTEM_KEY, ENFORCE, TRUSTED_PROXIES, TLS__<KEY> and TIMEOUTS__CONNECT, __ANSWER or __IDLE";

fn write(draft: &mut Draft, place: &Place, name: &str, value: &str) -> Result<(), String> {
    let said = || Some(Said::at(place, value.to_owned()));
    match name.split("__").collect::<Vec<_>>().as_slice() {
        ["DATA_DIR"] => draft.data_dir = said(),
        ["LISTEN"] => draft.listen = said(),
        ["PUBLIC_URL"] => draft.public_url = said(),
        ["OPEN_DOCUMENTS"] => draft.open_documents = Some(truth(place, value)?),
        ["OPEN_METRICS"] => draft.open_metrics = Some(truth(place, value)?),
        ["ACCESS_LOG"] => draft.access_log = said(),
        ["LOG"] => draft.log = said(),
        ["LOG_FORMAT"] => draft.log_format = said(),
        ["CATALOGS"] => {
            draft.catalogs = Some(list(place, value));
        }
        ["TRUSTED_PROXIES"] => draft.trusted_proxies = list(place, value),
        ["LIMITS", key @ ..] => limits::write(&mut draft.limits, place, key, value)?,
        ["TELEMETRY", key @ ..] => telemetry::write(&mut draft.telemetry, place, key, value)?,
        ["AUDIT", key @ ..] => audit::write(&mut draft.audit, place, key, value)?,
        ["DATABASE", key @ ..] => database::write(&mut draft.database, place, key, value)?,
        ["TLS", key @ ..] => write_tls(&mut draft.tls, place, key, value)?,
        ["LEAKS", key @ ..] => leaks::write(&mut draft.leaks, place, key, value)?,
        ["GATEWAY", key @ ..] if !key.is_empty() => {
            let gateway = draft.gateway.get_or_insert_with(|| GatewayDraft::new(place.clone()));
            match key {
                ["LISTEN"] => gateway.listen = said(),
                ["PEERS"] => gateway.peers = list(place, value),
                ["ANY_PEER"] => gateway.any_peer = Some(truth(place, value)?),
                ["TLS", key @ ..] => write_tls(&mut gateway.tls, place, key, value)?,
                _ => {
                    return Err(
                        "there is no such setting of the gateways; there are LISTEN, PEERS, ANY_PEER and TLS__<KEY>"
                            .to_owned(),
                    );
                }
            }
        }
        ["SERVICES", service, key @ ..] if !service.is_empty() && !key.is_empty() => {
            let service = service.to_ascii_lowercase().replace('_', "-");
            let service = draft.services.entry(service).or_insert_with(|| ServiceDraft::new(place.clone()));
            return write_service(service, place, key, value);
        }
        _ => return Err(format!("there is no such setting; after {SETTINGS} come {KEYS}")),
    }
    Ok(())
}

fn write_service(service: &mut ServiceDraft, place: &Place, key: &[&str], value: &str) -> Result<(), String> {
    let said = || Some(Said::at(place, value.to_owned()));
    match key {
        ["LISTEN"] => service.listen = said(),
        ["PUBLIC_URL"] => service.public_url = said(),
        ["UPSTREAM"] => service.upstream = said(),
        ["UPSTREAM_CA"] => service.upstream_ca = said(),
        ["UPSTREAM_HTTP2"] => service.upstream_http2 = Some(truth(place, value)?),
        ["OTHER_CREDENTIALS"] => service.other_credentials = said(),
        ["SESSION_COOKIE"] => service.session_cookie = Some(truth(place, value)?),
        ["ENFORCE"] => service.enforce = Some(truth(place, value)?),
        ["HUMAN_SYSTEM_KEY"] => service.human_system_key = Some(truth(place, value)?),
        ["TRUSTED_PROXIES"] => service.trusted_proxies = list(place, value),
        ["TLS", key @ ..] => return write_tls(&mut service.tls, place, key, value),
        ["TIMEOUTS", "CONNECT"] => service.timeouts.connect = said(),
        ["TIMEOUTS", "ANSWER"] => service.timeouts.answer = said(),
        ["TIMEOUTS", "IDLE"] => service.timeouts.idle = said(),
        ["UPSTREAM_HEADERS", header, rest @ ..] if !header.is_empty() => {
            let source = match rest {
                [] => HeaderSource::Value(value.into()),
                ["FILE"] => HeaderSource::File(value.to_owned()),
                _ => return Err("after the header's name comes __FILE or nothing".to_owned()),
            };
            let header = header.replace('_', "-");
            // However the file spells it, it is one header.
            service.upstream_headers.retain(|name, _| !name.eq_ignore_ascii_case(&header));
            service.upstream_headers.insert(header, Said::at(place, source));
        }
        _ => return Err(format!("there is no such setting of a service; its keys are {SERVICE_KEYS}")),
    }
    Ok(())
}

fn write_tls(tls: &mut Option<TlsDraft>, place: &Place, key: &[&str], value: &str) -> Result<(), String> {
    let said = Some(Said::at(place, value.to_owned()));
    let draft = || TlsDraft::new(place.clone());
    match key {
        ["CERTIFICATE"] => tls.get_or_insert_with(draft).certificate = said,
        ["KEY"] => tls.get_or_insert_with(draft).key = said,
        _ => return Err("there is no such setting of TLS; there are CERTIFICATE and KEY".to_owned()),
    }
    Ok(())
}

/// The entries of a list with commas.
fn list(place: &Place, value: &str) -> Vec<Said<String>> {
    let entries = value.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| Said::at(place, entry.to_owned())).collect()
}

pub(super) fn truth(place: &Place, value: &str) -> Result<Said<bool>, String> {
    let value = value.parse().map_err(|_| format!("it is true or false, not {value:?}"))?;
    Ok(Said::at(place, value))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An environment of these variables alone.
    pub(in crate::settings) fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn what_is_not_ours_is_ignored() {
        let found = environment(&[
            ("PATH", "/bin"),
            ("SYMBOLON", "x"),
            ("SYMBOLON_LISTEN", "x"),
            ("SYMBOLON_URL", ""),
        ]);
        assert!(found.url.is_none() && found.key.is_none() && found.settings.is_empty());
    }

    #[test]
    fn a_variable_with_an_unknown_name_is_refused() {
        for name in [
            "LISTN",
            "SERVICES",
            "SERVICES__ODIN",
            "SERVICES__ODIN__UPSTRAEM",
            "DATA_DIR__X",
            "GATEWAY",
            "GATEWAY__PEER",
            "TLS",
            "LIMITS",
            "LIMITS__BODIES",
            "TELEMETRY",
            "TELEMETRY__TRACES",
            "LEAKS__GITHUB__KEYS",
            "TLS__CERT",
            "GATEWAY__TLS__CERT",
            "SERVICES__ODIN__TLS__CERT",
            "",
            "listen",
        ] {
            let faults = environment(&[(&format!("{SETTINGS}{name}"), "x")]).overlay(&mut Draft::default());
            assert_eq!(faults.len(), 1, "{name}");
            assert!(
                faults[0].to_string().starts_with(&format!("{SETTINGS}{name}: there is no such")),
                "{name}"
            );
        }
    }

    #[test]
    fn services_and_headers_are_named_as_in_the_file() {
        let mut draft = Draft::default();
        let faults = environment(&[
            ("SYMBOLON_CONFIG_SERVICES__PRINT_FARM__UPSTREAM", "http://127.0.0.1:1"),
            ("SYMBOLON_CONFIG_SERVICES__PRINT_FARM__UPSTREAM_HEADERS__X_API_KEY__FILE", "/run/key"),
            ("SYMBOLON_CONFIG_SERVICES__PRINT_FARM__SESSION_COOKIE", "true"),
            ("SYMBOLON_CONFIG_SERVICES__PRINT_FARM__UPSTREAM_HTTP2", "true"),
        ])
        .overlay(&mut draft);
        assert_eq!(faults, []);
        let service = &draft.services["print-farm"];
        assert_eq!(service.upstream.as_ref().unwrap().value, "http://127.0.0.1:1");
        assert!(service.session_cookie.as_ref().unwrap().value);
        assert!(service.upstream_http2.as_ref().unwrap().value);
        assert!(
            matches!(&service.upstream_headers["X-API-KEY"].value, HeaderSource::File(path) if path == "/run/key")
        );
    }
}
