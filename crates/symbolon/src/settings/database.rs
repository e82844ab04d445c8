//! What is set for a record that lies in PostgreSQL, and for the fleet of nodes that share it.

#[cfg(feature = "postgres")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use symbolon_core::lease::LeaseTerms;
use toml::Spanned;

use super::place::{Fault, Place, Said};
use super::resolve::{fault, wait};
use super::source::At;
#[cfg(feature = "postgres")]
use crate::data_dir::read_secret;
#[cfg(feature = "postgres")]
use crate::failure::Failure;

/// Shorter leases would be lost whenever a disk is slow; longer ones have a revocation wait too long for a dead node.
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(1);
/// The least share of the lease that the margin may be: for clocks that differ by no more than a hundredth.
const LEAST_MARGIN: u32 = 100;

/// A record in PostgreSQL.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "it is refused where there is no PostgreSQL")
)]
pub(crate) struct DatabaseSettings {
    /// Where it is. It may hold a password.
    pub(crate) url: SecretString,
    /// The file that the password is in, if it is not in the URL.
    pub(crate) password_file: Option<PathBuf>,
    /// The fleet's lease.
    pub(crate) terms: LeaseTerms,
    /// What people call this node; `None`: the machine's name.
    pub(crate) node: Option<String>,
}

#[cfg(feature = "postgres")]
impl DatabaseSettings {
    /// The password that the file holds, without the end of its line. Refused where others can read it too.
    pub(crate) fn password(&self) -> Result<Option<SecretString>, Failure> {
        self.password_file.as_deref().map(password).transpose()
    }
}

/// The password in a file, without the end of its line. Refused where others can read it too.
#[cfg(feature = "postgres")]
pub(crate) fn password(path: &Path) -> Result<SecretString, Failure> {
    let text = read_secret(path, "give the role another password at the server")?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

/// What is said of it.
#[derive(Default)]
pub(super) struct DatabaseDraft {
    url: Option<Said<SecretString>>,
    password_file: Option<Said<String>>,
    lease: Option<Said<String>>,
    margin: Option<Said<String>>,
    node: Option<Said<String>>,
}

/// `[database]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseSource {
    url: Option<Spanned<String>>,
    password_file: Option<Spanned<String>>,
    lease: Option<Spanned<String>>,
    margin: Option<Spanned<String>>,
    node: Option<Spanned<String>>,
}

impl DatabaseSource {
    pub(super) fn draft(self, at: &At<'_>) -> DatabaseDraft {
        let secret = |said: Said<String>| Said { value: said.value.into(), place: said.place };
        DatabaseDraft {
            url: at.maybe(self.url).map(secret),
            password_file: at.maybe(self.password_file),
            lease: at.maybe(self.lease),
            margin: at.maybe(self.margin),
            node: at.maybe(self.node),
        }
    }
}

/// Writes a variable of the environment.
pub(super) fn write(
    draft: &mut DatabaseDraft,
    place: &Place,
    key: &[&str],
    value: &str,
) -> Result<(), String> {
    let said = || Some(Said::at(place, value.to_owned()));
    match key {
        ["URL"] => draft.url = Some(Said::at(place, value.to_owned().into())),
        ["PASSWORD_FILE"] => draft.password_file = said(),
        ["LEASE"] => draft.lease = said(),
        ["MARGIN"] => draft.margin = said(),
        ["NODE"] => draft.node = said(),
        _ => {
            return Err(
                "there is no such setting of database; there are URL, PASSWORD_FILE, LEASE, MARGIN and NODE"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

pub(super) fn resolve(draft: DatabaseDraft, faults: &mut Vec<Fault>) -> Option<DatabaseSettings> {
    let DatabaseDraft { url, password_file, lease, margin, node } = draft;
    let Some(url) = url else {
        for said in [password_file, lease, margin, node].into_iter().flatten() {
            faults.push(fault(
                &said.place,
                "it is of a record in PostgreSQL, which url names; without one the record is a file",
            ));
        }
        return None;
    };
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.value.expose_secret().starts_with(scheme)) {
        // Whatever it is, it may hold a password.
        faults.push(fault(&url.place, "url is written postgres://user@host:port/database"));
    }
    if !cfg!(feature = "postgres") {
        let message =
            "this symbolon is built without PostgreSQL; build it with --features postgres, or leave url out";
        faults.push(fault(&url.place, message));
    }
    let usual = LeaseTerms::USUAL;
    let asked = wait(lease.as_ref(), usual.lease, faults);
    if !(SHORTEST..=LONGEST).contains(&asked) {
        faults.extend(lease.as_ref().map(|said| fault(&said.place, "lease is from 500ms to 1m")));
    }
    let least = asked / LEAST_MARGIN;
    let margin_asked = wait(margin.as_ref(), asked / 10, faults);
    if margin_asked < least || margin_asked > asked / 2 {
        let message = format!(
            "margin is from a hundredth of the lease ({} ms) to half of it ({} ms)",
            least.as_millis(),
            (asked / 2).as_millis()
        );
        faults.extend(margin.as_ref().map(|said| fault(&said.place, message)));
    }
    if let Some(said) = node.as_ref().filter(|said| said.value.is_empty() || said.value.len() > 100) {
        faults.push(fault(&said.place, "node is a name of 1 to 100 bytes"));
    }
    Some(DatabaseSettings {
        url: url.value,
        password_file: password_file.map(|said| said.place.resolve(&said.value)),
        terms: LeaseTerms { lease: asked, margin: margin_asked },
        node: node.map(|said| said.value),
    })
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::super::tests::settings;
    use super::*;

    #[test]
    fn a_database_is_set_in_the_file_and_in_the_environment() {
        assert!(settings("", &[]).unwrap().database.is_none());
        let text =
            "[database]\nurl = \"postgres://me:s3cr3t@db/record\"\nnode = \"a\"\npassword_file = \"pw\"";
        let database = settings(text, &[]).unwrap().database.unwrap();
        assert_eq!(database.url.expose_secret(), "postgres://me:s3cr3t@db/record");
        assert_eq!(database.terms, LeaseTerms::USUAL);
        assert_eq!(database.node.as_deref(), Some("a"));
        assert_eq!(database.password_file, Some(PathBuf::from("conf/pw")));
        assert!(!format!("{database:?}").contains("s3cr3t"));
        let variables = [
            ("SYMBOLON_CONFIG_DATABASE__URL", "postgresql://else/where"),
            ("SYMBOLON_CONFIG_DATABASE__LEASE", "10s"),
            ("SYMBOLON_CONFIG_DATABASE__NODE", "b"),
        ];
        let database = settings(text, &variables).unwrap().database.unwrap();
        assert_eq!(database.url.expose_secret(), "postgresql://else/where");
        let terms = LeaseTerms { lease: Duration::from_secs(10), margin: Duration::from_secs(1) };
        assert_eq!((database.terms, database.node.as_deref()), (terms, Some("b")));
    }

    #[test]
    fn a_password_that_others_can_read_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pw");
        std::fs::write(&path, "s3cr3t\n").unwrap();
        let text = format!("[database]\nurl = \"postgres://db/record\"\npassword_file = {path:?}");
        let password = |mode| {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            settings(&text, &[]).unwrap().database.unwrap().password()
        };
        assert_eq!(password(0o600).unwrap().unwrap().expose_secret(), "s3cr3t");
        for mode in [0o640, 0o604, 0o660] {
            let refusal = password(mode).unwrap_err().to_string();
            assert!(refusal.contains("others than its owner") && !refusal.contains("s3cr3t"), "{refusal}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_without_a_password() {
        let url = "url = \"postgres://db/record\"";
        for (text, line, expected) in [
            ("url = \"mysql://me:s3cr3t@db\"", 2, "url is written postgres://"),
            ("lease = \"3s\"", 2, "it is of a record in PostgreSQL"),
            (&format!("{url}\nlease = \"long\""), 3, "a wait is written such as"),
            (&format!("{url}\nlease = \"100ms\""), 3, "lease is from 500ms to 1m"),
            (&format!("{url}\nlease = \"2m\""), 3, "lease is from 500ms to 1m"),
            (
                &format!("{url}\nmargin = \"20ms\""),
                3,
                "margin is from a hundredth of the lease (30 ms) to half of it",
            ),
            (&format!("{url}\nmargin = \"2s\""), 3, "margin is from a hundredth"),
            (&format!("{url}\nnode = \"\""), 3, "node is a name"),
            ("host = \"db\"", 2, "unknown field `host`"),
        ] {
            let told = settings(&format!("[database]\n{text}"), &[]).unwrap_err();
            assert!(told.starts_with(&format!("conf/symbolon.toml:{line}: {expected}")), "{text}: {told}");
            assert!(!told.contains("s3cr3t"), "{told}");
        }
        let told = settings("", &[("SYMBOLON_CONFIG_DATABASE__HOST", "db")]).unwrap_err();
        assert!(told.contains("there are URL, PASSWORD_FILE, LEASE, MARGIN and NODE"), "{told}");
    }
}
