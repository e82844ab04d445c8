//! What is set for checkpoints of the audit.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::place::{Fault, Place, Said};
use super::resolve::{fault, wait};
use super::source::At;

/// How often a checkpoint is signed unless something else is said.
const EVERY: Duration = Duration::from_hours(1);

/// Where checkpoints go, and how often there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditSettings {
    /// The file that they are appended to, if one is named; they are in the log in any case.
    pub(crate) checkpoints: Option<PathBuf>,
    /// How often one is signed, where the audit has grown.
    pub(crate) every: Duration,
}

/// What is said of them.
#[derive(Default)]
pub(super) struct AuditDraft {
    checkpoints: Option<Said<String>>,
    checkpoint_every: Option<Said<String>>,
}

/// `[audit]` as written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditSource {
    checkpoints: Option<Spanned<String>>,
    checkpoint_every: Option<Spanned<String>>,
}

impl AuditSource {
    pub(super) fn draft(self, at: &At<'_>) -> AuditDraft {
        AuditDraft {
            checkpoints: at.maybe(self.checkpoints),
            checkpoint_every: at.maybe(self.checkpoint_every),
        }
    }
}

/// Writes a variable of the environment.
pub(super) fn write(draft: &mut AuditDraft, place: &Place, key: &[&str], value: &str) -> Result<(), String> {
    let said = Some(Said::at(place, value.to_owned()));
    match key {
        ["CHECKPOINTS"] => draft.checkpoints = said,
        ["CHECKPOINT_EVERY"] => draft.checkpoint_every = said,
        _ => {
            return Err(
                "there is no such setting of audit; there are CHECKPOINTS and CHECKPOINT_EVERY".to_owned()
            );
        }
    }
    Ok(())
}

pub(super) fn resolve(draft: &AuditDraft, faults: &mut Vec<Fault>) -> AuditSettings {
    let named = draft.checkpoints.as_ref().filter(|said| {
        if said.value.is_empty() {
            faults.push(fault(&said.place, "checkpoints is a file, or left out"));
        }
        !said.value.is_empty()
    });
    AuditSettings {
        checkpoints: named.map(|said| said.place.resolve(&said.value)),
        every: wait(draft.checkpoint_every.as_ref(), EVERY, faults),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn checkpoints_are_set_in_the_file_and_in_the_environment() {
        let audit = settings("", &[]).unwrap().audit;
        assert_eq!(audit, AuditSettings { checkpoints: None, every: Duration::from_hours(1) });
        let text = "[audit]\ncheckpoints = \"audit.jsonl\"\ncheckpoint_every = \"5m\"";
        let audit = settings(text, &[]).unwrap().audit;
        let checkpoints = Some(PathBuf::from("conf/audit.jsonl"));
        assert_eq!(audit, AuditSettings { checkpoints, every: Duration::from_mins(5) });
        let variables = [
            ("SYMBOLON_CONFIG_AUDIT__CHECKPOINTS", "/else/where"),
            ("SYMBOLON_CONFIG_AUDIT__CHECKPOINT_EVERY", "1s"),
        ];
        let audit = settings(text, &variables).unwrap().audit;
        let checkpoints = Some(PathBuf::from("/else/where"));
        assert_eq!(audit, AuditSettings { checkpoints, every: Duration::from_secs(1) });
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            ("checkpoints = \"\"", "checkpoints is a file, or left out"),
            ("checkpoint_every = \"0s\"", "a wait is written such as 5s"),
            ("checkpoint_every = 5", "invalid type: integer `5`"),
            ("every = \"5s\"", "unknown field `every`"),
        ] {
            let told = settings(&format!("[audit]\n{text}"), &[]).unwrap_err();
            assert!(told.starts_with(&format!("conf/symbolon.toml:2: {expected}")), "{text}: {told}");
        }
        let told = settings("", &[("SYMBOLON_CONFIG_AUDIT__EVERY", "5s")]).unwrap_err();
        assert!(told.contains("there are CHECKPOINTS and CHECKPOINT_EVERY"), "{told}");
    }
}
