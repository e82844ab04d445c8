//! What is set for leaks that others tell of.

use serde::Deserialize;
use symbolon_server::{GitHubAlerts, OnLeak, PublicKeys};
use toml::Spanned;

use super::env::truth;
use super::place::{Fault, Place, Said};
use super::resolve::fault;
use super::source::At;
use crate::failure::Failure;

/// Where GitHub tells its public keys.
const GITHUB: &str = "https://api.github.com/meta/public_keys/secret_scanning";

/// What is said of GitHub's alerts.
#[derive(Default)]
pub(super) struct LeaksDraft {
    enabled: Option<Said<bool>>,
    on_leak: Option<Said<String>>,
    public_keys: Option<Said<String>>,
    public_keys_ca: Option<Said<String>>,
}

/// `[leaks]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LeaksSource {
    github: Option<GitHubSource>,
}

/// `[leaks.github]` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GitHubSource {
    enabled: Option<Spanned<bool>>,
    on_leak: Option<Spanned<String>>,
    public_keys: Option<Spanned<String>>,
    public_keys_ca: Option<Spanned<String>>,
}

impl LeaksSource {
    pub(super) fn draft(self, at: &At<'_>) -> LeaksDraft {
        let Some(github) = self.github else { return LeaksDraft::default() };
        LeaksDraft {
            enabled: at.maybe(github.enabled),
            on_leak: at.maybe(github.on_leak),
            public_keys: at.maybe(github.public_keys),
            public_keys_ca: at.maybe(github.public_keys_ca),
        }
    }
}

/// Writes a variable of the environment.
pub(super) fn write(draft: &mut LeaksDraft, place: &Place, key: &[&str], value: &str) -> Result<(), String> {
    let said = || Some(Said::at(place, value.to_owned()));
    match key {
        ["GITHUB", "ENABLED"] => draft.enabled = Some(truth(place, value)?),
        ["GITHUB", "ON_LEAK"] => draft.on_leak = said(),
        ["GITHUB", "PUBLIC_KEYS"] => draft.public_keys = said(),
        ["GITHUB", "PUBLIC_KEYS_CA"] => draft.public_keys_ca = said(),
        _ => {
            return Err("there is no such setting of leaks; there are GITHUB__ENABLED, GITHUB__ON_LEAK, \
                        GITHUB__PUBLIC_KEYS and GITHUB__PUBLIC_KEYS_CA"
                .to_owned());
        }
    }
    Ok(())
}

/// How GitHub's alerts are taken.
#[derive(Debug)]
pub(crate) struct GitHubSettings {
    on_leak: OnLeak,
    /// A URL or a file.
    public_keys: Option<Said<String>>,
    public_keys_ca: Option<Said<String>>,
}

pub(super) fn resolve(draft: LeaksDraft, faults: &mut Vec<Fault>) -> Option<GitHubSettings> {
    let LeaksDraft { enabled, on_leak, public_keys, public_keys_ca } = draft;
    let others = [&on_leak, &public_keys, &public_keys_ca];
    if let (None, Some(said)) = (&enabled, others.into_iter().flatten().next()) {
        let message = "whether GitHub's alerts are taken is not said; add enabled = true, or false";
        faults.push(fault(&said.place, message));
    }
    let on_leak = on_leak.map_or(OnLeak::default(), |said| match said.value.as_str() {
        "revoke" => OnLeak::Revoke,
        "disable" => OnLeak::Disable,
        "report" => OnLeak::Report,
        other => {
            faults.push(fault(&said.place, format!("on_leak is revoke, disable or report, not {other:?}")));
            OnLeak::default()
        }
    });
    enabled.filter(|said| said.value).map(|_| GitHubSettings { on_leak, public_keys, public_keys_ca })
}

impl GitHubSettings {
    /// Reads the files that are named.
    pub(crate) fn open(&self) -> Result<GitHubAlerts, Failure> {
        let read = |said: &Said<String>| {
            let path = said.place.resolve(&said.value);
            std::fs::read(&path)
                .map_err(|error| fault(&said.place, format!("{} cannot be read: {error}", path.display())))
        };
        let keys = || match &self.public_keys {
            Some(said) if !said.value.contains("://") => {
                PublicKeys::of_document(&read(said)?).map_err(|error| fault(&said.place, error))
            }
            said => {
                let authority = self.public_keys_ca.as_ref().map(read).transpose()?;
                let url = said.as_ref().map_or(GITHUB, |said| said.value.as_str());
                let place = said.as_ref().or(self.public_keys_ca.as_ref()).map(|said| &said.place);
                PublicKeys::at(url, authority.as_deref()).map_err(|error| match place {
                    Some(place) => fault(place, error),
                    None => unreachable!("GitHub's own address is one"),
                })
            }
        };
        keys().map(|keys| GitHubAlerts::new(self.on_leak, keys)).map_err(|fault| Failure::faults(&[fault]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn github_is_heard_only_where_that_is_said() {
        assert!(settings("", &[]).unwrap().github.is_none());
        assert!(
            settings("[leaks.github]\nenabled = false\non_leak = \"report\"", &[]).unwrap().github.is_none()
        );
        let said = settings("[leaks.github]\nenabled = true", &[]).unwrap().github.unwrap();
        assert_eq!(said.on_leak, OnLeak::Revoke);
        assert!(said.open().is_ok());
        let variables = [
            ("SYMBOLON_CONFIG_LEAKS__GITHUB__ENABLED", "true"),
            ("SYMBOLON_CONFIG_LEAKS__GITHUB__ON_LEAK", "disable"),
            ("SYMBOLON_CONFIG_LEAKS__GITHUB__PUBLIC_KEYS", "https://keys.example/"),
        ];
        let said = settings("[leaks.github]\non_leak = \"report\"", &variables).unwrap().github.unwrap();
        assert_eq!(said.on_leak, OnLeak::Disable);
        assert!(said.open().is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            ("on_leak = \"revoke\"", "conf/symbolon.toml:2: whether GitHub's alerts are taken is not said"),
            (
                "enabled = true\non_leak = \"delete\"",
                "conf/symbolon.toml:3: on_leak is revoke, disable or report",
            ),
            ("enable = true", "conf/symbolon.toml:2: unknown field `enable`"),
        ] {
            let told = settings(&format!("[leaks.github]\n{text}"), &[]).unwrap_err();
            assert!(told.starts_with(expected), "{text}: {told}");
        }
        for (keys, expected) in [
            ("http://api.github.com/keys", "conf/symbolon.toml:3: public_keys is https://"),
            ("keys.json", "conf/symbolon.toml:3: conf/keys.json cannot be read"),
        ] {
            let text = format!("[leaks.github]\nenabled = true\npublic_keys = \"{keys}\"");
            let told = settings(&text, &[]).unwrap().github.unwrap().open().unwrap_err().to_string();
            assert!(told.starts_with(expected), "{told}");
        }
    }
}
