//! `symbolon catalog rules`: the tokens of the catalogs, as other scanners are told what to look for.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use serde_json::json;
use symbolon_core::token::Prefix;

use crate::catalogs::compile_all;
use crate::commands::Context;
use crate::failure::Failure;

/// Another scanner, whose rules are to be written
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Which scanner
    #[arg(long, value_enum)]
    format: Format,
}

/// What scanners read.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Rules for a configuration of gitleaks, in TOML
    Gitleaks,
    /// A plugin of detect-secrets, in Python
    DetectSecrets,
}

impl Rules {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let catalogs = compile_all(&context.settings()?.catalogs)?;
        let mut kinds: Vec<_> = catalogs
            .iter()
            .map(|catalog| (catalog.prefix.as_str().to_owned(), format!("API token of {}", catalog.title)))
            .collect();
        kinds.push((Prefix::of_keys().as_str().to_owned(), "key of Symbolon".to_owned()));
        let text = match self.format {
            Format::Gitleaks => gitleaks(&kinds),
            Format::DetectSecrets => detect_secrets(&kinds),
        };
        context.output.document(&json!({ "rules": text }))?;
        context.output.print(&text)
    }
}

/// What stands after the `_`. Both scanners' languages of patterns know it.
const REST: &str = "_[0-9A-Za-z]{49}";

/// gitleaks has no way to compare a checksum; `symbolon scan` has.
fn gitleaks(kinds: &[(String, String)]) -> String {
    let mut text = String::from("# Made by symbolon catalog rules: what the catalogs' tokens look like.\n");
    for (prefix, what) in kinds {
        // A title is the operator's: a string of TOML is one of JSON, but for what neither writes plainly.
        let what = json!(what.replace('\u{7f}', "")).to_string();
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "\n[[rules]]\nid = \"symbolon-{prefix}\"\ndescription = {what}\nregex = '''{prefix}{REST}'''\n\
             entropy = 3.5\nkeywords = [\"{prefix}_\"]\n"
        );
    }
    text
}

fn detect_secrets(kinds: &[(String, String)]) -> String {
    let prefixes: Vec<&str> = kinds.iter().map(|(prefix, _)| prefix.as_str()).collect();
    format!(
        r#"# Made by symbolon catalog rules: what the catalogs' tokens look like, and their checksum.
import re
import zlib

from detect_secrets.plugins.base import RegexBasedDetector

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def has_checksum(token):
    rest, digits = zlib.crc32(token[:-6].encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = ALPHABET[digit] + digits
    return token.endswith(digits)


class SymbolonDetector(RegexBasedDetector):
    secret_type = "Symbolon token"
    denylist = [re.compile(r"(?:{}){REST}")]

    def analyze_string(self, string):
        yield from filter(has_checksum, super().analyze_string(string))
"#,
        prefixes.join("|")
    )
}
