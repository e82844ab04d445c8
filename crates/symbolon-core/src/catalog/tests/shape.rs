//! What is refused before it has a meaning: no TOML, keys that are not ours, values of the wrong kind.

use super::{refused, text};

#[test]
fn what_is_no_toml() {
    refused("service = \"t\"\ntoken_prefix = \"tt # <-\n", &["basic string"]);
    refused("service = \"t\"\nroles = [\"a\" \"b\"] # <-\n", &[""]);
}

#[test]
fn a_key_that_is_missing() {
    refused("token_prefix = \"tt\" # <-", &["missing field `service`"]);
    refused("service = \"t\" # <-", &["missing field `token_prefix`"]);
    refused(&text("", "[[routes]] # <-\naccess = \"human\""), &["missing field `paths`"]);
    refused(&text("", "\"y\" = { min_role = \"user\" } # <-"), &["missing field `grants`"]);
}

#[test]
fn a_key_that_is_not_in_the_document() {
    for (top, rest, key) in [
        ("owner = \"me\" # <-", "", "`owner`"),
        ("", "[tokens]\nlifetime = \"1d\" # <-", "`lifetime`"),
        ("", "\"y\" = { grants = \"Y\", min_roles = \"user\" } # <-", "`min_roles`"),
        ("", "[scopes.y]\ngrants = \"Y\"\nrole = \"user\" # <-", "`role`"),
        ("", "[[routes]]\naccess = \"human\"\nmin_role = \"user\" # <-\npaths = [\"GET /\"]", "`min_role`"),
        ("", "[route] # <-\naccess = \"human\"", "`route`"),
    ] {
        refused(&text(top, rest), &[&format!("unknown field {key}")]);
    }
}

#[test]
fn a_key_that_is_there_twice() {
    for (top, rest) in [
        ("title = \"a\"\n\"title\" = \"b\" # <-", ""),
        ("roles = [\"a\"]\nroles = [\"b\"] # <-", ""),
        ("", "\"x:read\" = \"Read everything\" # <-"),
        ("", "[profiles]\np = [\"x:read\"]\np = [\"x:write\"] # <-"),
        ("", "[scopes] # <-"),
        ("", "[[routes]]\naccess = \"human\"\naccess = \"public\" # <-\npaths = [\"GET /\"]"),
    ] {
        refused(&text(top, rest), &["duplicate key"]);
    }
}

#[test]
fn a_value_of_the_wrong_kind() {
    for (top, rest, kind) in [
        ("title = 3 # <-", "", "expected a string"),
        ("roles = \"viewer\" # <-", "", "expected a sequence"),
        ("roles = [\n\"viewer\",\n1, # <-\n]", "", "expected a string"),
        ("mounts = true # <-", "", "expected a sequence"),
        ("implications = { a = \"b\" } # <-", "", "expected a sequence"),
        ("", "[tokens]\nmax_lifetime = 30 # <-", "expected a string"),
        ("", "\"y\" = 3 # <-", "says what the scope grants"),
        ("", "\"y\" = [\"Y\"] # <-", "says what the scope grants"),
        ("", "\"y\" = { grants = [] } # <-", "expected a string"),
        ("", "\"y\" = { grants = \"Y\", implies = \"x:read\" } # <-", "expected a sequence"),
        ("", "[profiles]\np = \"x:read\" # <-", "expected a sequence"),
        ("", "[routes] # <-\naccess = \"human\"", "expected a sequence"),
        ("", "[[routes]]\naccess = \"human\"\npaths = \"GET /\" # <-", "expected a sequence"),
        ("", "[[routes]]\naccess = false # <-\npaths = [\"GET /\"]", "expected a string"),
        ("", "[[routes]]\nscopes = \"x:read\" # <-\npaths = [\"GET /\"]", "expected a sequence"),
    ] {
        refused(&text(top, rest), &[kind]);
    }
}
