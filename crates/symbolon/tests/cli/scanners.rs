//! The rules for other scanners: detect-secrets reads and applies them itself. gitleaks is a program that no registry of
//! ours has, so of its rules the form is looked at, and its patterns are tried with Python's, which knows all of what they
//! use.

use std::process::Command;

use serde_json::Value;

use crate::support::{Place, tool};

const DETECT_SECRETS: &str = "detect-secrets-1.5.0";

fn python(place: &Place, arguments: &[&str]) -> String {
    let mut python = Command::new("python3");
    python.args(arguments).current_dir(place.path());
    python.env("PYTHONPATH", tool(DETECT_SECRETS)).env("PYTHONDONTWRITEBYTECODE", "1");
    let done = python.output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A token of O.D.I.N.'s, a system key, and the token mistyped, a line each.
fn planted(place: &Place, secrets: &Value) -> [String; 3] {
    let made = place.run("token create --service odin --scope read:jobs --name ci --json").json();
    let token = made["token"].as_str().unwrap().to_owned();
    let last = if token.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &token[..53]);
    [token, secrets["system_key"].as_str().unwrap().to_owned(), mistyped]
}

#[test]
fn detect_secrets_finds_what_has_the_checksum_and_nothing_else() {
    let (place, secrets) = Place::initialised();
    let lines = planted(&place, &secrets);
    place.write("plugin.py", &place.run("catalog rules --format detect-secrets").ok());
    std::fs::create_dir(place.path().join("code")).unwrap();
    let settings: Vec<_> = lines.iter().map(|line| format!("x = \"{line}\"")).collect();
    place.write("code/settings.py", &(settings.join("\n") + "\n"));
    let words = ["-m", "detect_secrets", "scan", "--all-files", "--plugin", "plugin.py", "code"];
    let found: Value = serde_json::from_str(&python(&place, &words)).unwrap();
    let all = found["results"]["code/settings.py"].as_array().unwrap();
    let ours = all.iter().filter(|one| one["type"] == "Symbolon token");
    let mut ours: Vec<_> = ours.map(|one| one["line_number"].as_u64().unwrap()).collect();
    ours.sort_unstable();
    assert_eq!(ours, [1, 2]);
}

#[test]
fn the_rules_for_gitleaks_name_each_prefix_and_find_its_tokens() {
    let (place, secrets) = Place::initialised();
    let [token, key, _] = planted(&place, &secrets);
    let text = place.run("catalog rules --format gitleaks").ok();
    let rules: toml::Table = text.parse().unwrap();
    let rules = rules["rules"].as_array().unwrap();
    let text_of = |rule: &toml::Value, field: &str| rule[field].as_str().unwrap().to_owned();
    let ids: Vec<_> = rules.iter().map(|rule| text_of(rule, "id")).collect();
    assert_eq!(ids, ["symbolon-odin", "symbolon-ody", "symbolon-symkey"]);
    for (rule, secret) in [(&rules[0], &token), (&rules[2], &key)] {
        let found = "import re, sys; print(re.findall(sys.argv[1], sys.argv[2])[0])";
        let line = format!("url=https://x:{secret}@host");
        assert_eq!(python(&place, &["-c", found, &text_of(rule, "regex"), &line]).trim_end(), secret);
        assert!(secret.contains(rule["keywords"][0].as_str().unwrap()));
        assert!(!text_of(rule, "description").is_empty() && rule["entropy"].as_float().is_some());
    }
    let json = place.run("catalog rules --format gitleaks --json").json();
    assert_eq!(json["rules"], text);
}
