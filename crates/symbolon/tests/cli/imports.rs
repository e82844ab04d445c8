//! `symbolon import tokens`: from files, and from the applications' own tables.

use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::support::{Place, Server};

/// The secret of every row here, and its SHA-256.
const SECRET: &str = "old_x-K_2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const HASH: &str = "60a961e11d2d3d77b55b39112b9d3750fdfab2627cfc92a0c99ac7d37722adb0";

const CATALOG: &str = r#"
service = "notes"
token_prefix = "notes"
[tokens.old_form]
prefix = "old_"
length = 43
alphabet = "base64url"
lookup = 5
hashed = "whole"
until = 2099-01-01
[scopes]
"notes:read" = "Read notes"
[[routes]]
scopes = ["notes:read"]
paths = ["GET /notes"]
"#;

/// A running server of a service that has an owner `ann`.
fn notes() -> Server {
    let place = Place::with("listen = \"127.0.0.1:0\"\ncatalogs = [\"notes.toml\"]\n");
    place.write("notes.toml", CATALOG);
    place.run("init").ok();
    let server = Server::again(place);
    server.place.run("user create ann --role notes=user").ok();
    server
}

fn counts(told: &Value) -> [u64; 4] {
    ["imported", "inert", "known", "refused"]
        .map(|outcome| told["counts"][outcome].as_u64().unwrap_or_default())
}

/// Makes a database of an application's.
fn database(path: &Path, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut db = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
    });
}

#[test]
fn a_file_is_previewed_imported_and_known_afterwards() {
    let server = notes();
    let place = &server.place;
    let csv = format!(
        "prefix,hash,name,owner,scopes,expires_at\nold_x-K_2,{HASH},first,ann,notes:read,\n\
         old_x-K_2,not-a-hash,second,ann,notes:read,\nold_x-K_2,{},third,ann,read write,\n\
         old_x-K_2,{HASH},fourth,Ann,notes:read,2020-01-01T00:00:00Z\nold_x-K_2\n",
        "1".repeat(64)
    );
    place.write("tokens.csv", &csv);
    let words =
        ["import", "tokens", "tokens.csv", "--format", "csv", "--service", "notes", "--owner", "Ann=ann"];
    let preview = place.symbolon(&[&words[..], &["--dry-run"]].concat());
    assert_eq!(preview.code, Some(1), "{preview:?}");
    for line in [
        "tokens.csv:3: \"second\" refused: hash: the hash is none of bcrypt",
        "tokens.csv:4: \"third\" inert: the catalog does not declare read, write; left out; it holds no scope",
        "tokens.csv:5: \"fourth\" refused: expires_at: it has expired already",
        "tokens.csv:6: \"?\" refused: it has 1 fields, and the heading has 6",
        "Would be: 1 imported, 1 inert, 0 known already, 3 refused",
    ] {
        assert!(preview.stdout.contains(line), "{line}\n{preview:?}");
    }
    assert!(!preview.stdout.contains("not-a-hash") && !preview.stdout.contains(HASH), "{preview:?}");
    let json = |words: &[&str]| {
        let done = place.symbolon(words);
        serde_json::from_str::<Value>(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"))
    };
    let words = [&words[..], &["--json"]].concat();
    assert_eq!(counts(&json(&words)), [1, 1, 0, 3]);
    assert_eq!(counts(&json(&words)), [0, 0, 2, 3]);
    let jsonl = format!(
        "{{\"prefix\":\"old_y-K_2\",\"hash\":\"{HASH}\",\"name\":\"lines\",\"owner\":\"ann\",\"scopes\":[\"notes:read\"]}}\n\n\
         {{\"prefix\":\"old_y-K_2\",\"hash\":\"{HASH}\"}}\n"
    );
    place.write("tokens.jsonl", &jsonl);
    let told =
        json(&["import", "tokens", "tokens.jsonl", "--format", "jsonl", "--service", "notes", "--json"]);
    assert_eq!(counts(&told), [1, 0, 0, 1]);
    assert_eq!(told["rows"][1]["place"], "3");
    // The token works, and the doctor knows of those that nobody has used.
    let doctor = place.run("doctor");
    assert!(doctor.stdout.contains("3 imported tokens were not used yet"), "{doctor:?}");
    assert_eq!(server.anonymous().bearer(SECRET).get("/v1/self").status, 200);
}

#[test]
fn odysseus_own_table_is_read() {
    let server = notes();
    let place = &server.place;
    database(
        &place.path().join("app.db"),
        &format!(
            "CREATE TABLE api_tokens (id VARCHAR PRIMARY KEY, owner VARCHAR, name VARCHAR, token_hash VARCHAR,
                 token_prefix VARCHAR, scopes VARCHAR DEFAULT 'chat', is_active BOOLEAN, last_used_at DATETIME,
                 created_at DATETIME, updated_at DATETIME, revoked_at DATETIME);
             INSERT INTO api_tokens VALUES
                 ('0a1b2c3d', 'ann', 'first', '{HASH}', 'old_x-K_2', 'notes:read,cookbook:launch', 1, NULL, '2026-01-01', NULL, NULL),
                 ('1a1b2c3d', 'ann', 'off', '{HASH}', 'old_y-K_2', 'notes:read', 0, NULL, '2026-01-02', NULL, NULL),
                 ('2a1b2c3d', NULL, 'nobody''s', '{HASH}', 'old_z-K_2', 'notes:read', 1, NULL, '2026-01-03', NULL, NULL),
                 ('3a1b2c3d', 'ann', 'back', '{HASH}', 'old_a-K_2', 'notes:read', 1, NULL, '2026-01-04', NULL, '2026-01-05'),
                 ('4a1b2c3d', 'ann', 'epoch', '{HASH}', 'old_b-K_2', 'notes:read', 1, NULL, '2026-01-05', NULL, 1767571200),
                 ('5a1b2c3d', 'ann', 'word', '{HASH}', 'old_c-K_2', 'notes:read', 'no', NULL, '2026-01-06', NULL, NULL);"
        ),
    );
    let done = place.run("import tokens --from odysseus:app.db --service notes");
    for line in [
        "app.db:0a1b2c3d: \"first\" imported: the catalog does not declare cookbook:launch; left out",
        "app.db:1a1b2c3d: \"?\" refused: it was taken back in the application",
        "app.db:2a1b2c3d: \"?\" refused: it has no owner",
        "app.db:3a1b2c3d: \"?\" refused: it was taken back in the application",
        "app.db:4a1b2c3d: \"?\" refused: its revoked_at is not a text",
        "app.db:5a1b2c3d: \"?\" refused: its is_active is not a boolean",
        "1 imported, 0 inert, 0 known already, 5 refused",
    ] {
        assert!(done.stdout.contains(line), "{line}\n{done:?}");
    }
}

#[test]
fn odins_own_table_is_read() {
    let server = notes();
    let place = &server.place;
    database(
        &place.path().join("odin.db"),
        &format!(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, username VARCHAR(50));
             CREATE TABLE api_tokens (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, name VARCHAR(100),
                 token_hash VARCHAR(200), token_prefix VARCHAR(10), scopes TEXT DEFAULT '[]', expires_at DATETIME,
                 last_used_at DATETIME, created_at DATETIME);
             INSERT INTO users VALUES (1, 'ann');
             INSERT INTO api_tokens (id, user_id, name, token_hash, token_prefix, scopes, expires_at) VALUES
                 (1, 1, 'first', '{HASH}', 'old_x-K_2', '[\"notes:read\"]', '2098-01-01 00:00:00.000000'),
                 (2, 1, 'every', '{HASH}', 'old_y-K_2', '[]', NULL),
                 (3, 1, 'broken', '{HASH}', 'old_z-K_2', '[\"notes:read\"]', 'next tuesday'),
                 (4, 9, 'left', '{HASH}', 'old_a-K_2', '[\"notes:read\"]', NULL),
                 (5, 1, 'words', '{HASH}', 'old_b-K_2', 'notes:read', NULL),
                 (6, 1, 'epoch', '{HASH}', 'old_c-K_2', '[\"notes:read\"]', 4070908800);"
        ),
    );
    let done = place.run("import tokens --from odin:odin.db --service notes");
    for line in [
        "odin.db:2: \"every\" inert: it holds no scope, and so it opens nothing",
        "odin.db:3: \"?\" refused: its end is no date that can be read",
        "odin.db:4: \"?\" refused: it has no owner, or one that is gone",
        "odin.db:5: \"?\" refused: its scopes are no list of texts",
        "odin.db:6: \"?\" refused: its expires_at is not a text",
        "1 imported, 1 inert, 0 known already, 4 refused",
    ] {
        assert!(done.stdout.contains(line), "{line}\n{done:?}");
    }
    let listed = place.run("token list --service notes --json").json();
    let first = listed["items"].as_array().unwrap().iter().find(|token| token["name"] == "first").unwrap();
    assert_eq!(first["expires_at"], "2098-01-01T00:00:00Z");
    assert_eq!(first["imported"]["prefix"], "old_x-K_2");
}

#[test]
fn what_is_badly_asked_is_said() {
    let place = Place::with("listen = \"127.0.0.1:0\"\n");
    for (words, told) in [
        ("import tokens --service notes", "<FILE>"),
        ("import tokens x.csv --service notes", "--format"),
        ("import tokens --from sqlite:x --service notes", "write odysseus:PATH or odin:PATH"),
    ] {
        let done = place.run(words);
        assert!(done.code == Some(2) && done.stderr.contains(told), "{done:?}");
    }
    let done = place.run("import tokens x.csv --format csv --service notes").refused(1);
    assert!(done.contains("x.csv cannot be read"), "{done}");
}
