//! `symbolon audit`: what somebody does to the record behind its back is named, line by line.

use std::fs;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::support::{Done, Place, Server};

/// What keeps honest programs from changing the audit. Whoever has the file drops it.
const UNLOCK: &str = "DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete;";

/// Does something to the record of a place, behind its back.
fn meddle(place: &Place, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut record = SqliteConnectOptions::new()
            .filename(place.data("symbolon.db"))
            .pragma("ignore_check_constraints", "ON")
            .connect()
            .await
            .unwrap();
        let sql = AssertSqlSafe(format!("{UNLOCK}{sql}"));
        sqlx::raw_sql(sql).execute(&mut record).await.unwrap();
        record.close().await.unwrap();
    });
}

/// A place with some lines in its audit, the last of them about people.
fn place() -> Place {
    let (place, _) = Place::initialised();
    for name in ["ada", "bea", "chris", "dora"] {
        place.run(&format!("user create {name} --role odin=viewer")).ok();
    }
    place
}

/// How many lines there are.
const LINES: u64 = 7;

/// A copy of the place's record, to be meddled with.
fn copy(place: &Place) -> Place {
    let copy = Place::with("listen = \"127.0.0.1:0\"\n");
    let directory = copy.path().join("symbolon-data");
    fs::create_dir(&directory).unwrap();
    for entry in fs::read_dir(place.path().join("symbolon-data")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), directory.join(entry.file_name())).unwrap();
    }
    copy
}

fn verify(place: &Place, arguments: &str) -> (Option<i32>, Value) {
    told(&place.run(&format!("audit verify --json {arguments}")))
}

fn told(done: &Done) -> (Option<i32>, Value) {
    let told = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"));
    (done.code, told)
}

/// What the verification of a place that is not whole says: the first bad line, and how it is bad.
fn flaw(place: &Place, arguments: &str) -> (u64, String) {
    let (code, told) = verify(place, arguments);
    assert_eq!((code, &told["whole"]), (Some(1), &json!(false)), "{told}");
    (told["line"].as_u64().unwrap(), told["flaw"].as_str().unwrap().to_owned())
}

/// Keeps a checkpoint, and the public key.
fn keep(place: &Place) -> (String, String) {
    let signed = place.run("audit checkpoint").ok();
    place.write("kept.jsonl", &signed);
    (signed, place.run("audit key").ok().trim_end().to_owned())
}

#[test]
fn a_byte_that_is_flipped_is_found_in_every_column() {
    let place = place();
    let flip = |column: &str| format!("UPDATE audit SET {column} = {column} || 'x' WHERE seq = 4");
    let columns = ["actor", "action", "subject"].map(|column| (column, flip(column)));
    let others = [
        ("at", "UPDATE audit SET at = at + 1 WHERE seq = 4"),
        ("session", "UPDATE audit SET session = 'ses_1' WHERE seq = 4"),
        ("client_ip", "UPDATE audit SET client_ip = '::1' WHERE seq = 4"),
        ("request_id", "UPDATE audit SET request_id = NULL WHERE seq = 4"),
        ("service", "UPDATE audit SET service = 'odin' WHERE seq = 4"),
        ("detail", "UPDATE audit SET detail = replace(detail, 'ada', 'adb') WHERE seq = 4"),
        ("detail's form", "UPDATE audit SET detail = replace(detail, ':', char(58, 10)) WHERE seq = 4"),
        ("hash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 4"),
    ];
    let others = others.map(|(column, sql)| (column, sql.to_owned()));
    for (column, sql) in columns.into_iter().chain(others) {
        let copy = copy(&place);
        meddle(&copy, &sql);
        assert_eq!(flaw(&copy, ""), (4, "changed".to_owned()), "{column}");
        // An export tells it too.
        copy.write("export.jsonl", &copy.run("audit export").ok());
        assert_eq!(flaw(&copy, "--file export.jsonl"), (4, "changed".to_owned()), "{column}");
    }
    for sql in [
        "UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE seq = 4",
        "UPDATE audit SET detail = '{' WHERE seq = 4",
        "UPDATE audit SET at = 9223372036854775807 WHERE seq = 4",
        "UPDATE audit SET hash = x'00' WHERE seq = 4",
    ] {
        let copy = copy(&place);
        meddle(&copy, sql);
        assert_eq!(flaw(&copy, ""), (4, "unreadable".to_owned()), "{sql}");
    }
    let copy = copy(&place);
    meddle(&copy, "DELETE FROM audit WHERE seq = 3; UPDATE audit SET hash = x'00' WHERE seq = 4");
    assert_eq!(flaw(&copy, ""), (3, "misplaced".to_owned()), "the first one counts");
    assert_eq!(verify(&place, "").0, Some(0));
}

#[test]
fn a_line_that_is_dropped_swapped_or_put_in_is_found() {
    let place = place();
    let swap = "UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 5;
                UPDATE audit SET seq = 5 WHERE seq = -1;";
    let shift = "UPDATE audit SET seq = -seq - 1 WHERE seq > 3; UPDATE audit SET seq = -seq WHERE seq < 0;";
    let insert = "INSERT INTO audit SELECT 4, at, actor, session, client_ip, request_id, action, subject, service, \
                  detail, hash FROM audit WHERE seq = 3;";
    let close = "UPDATE audit SET seq = seq - 1 WHERE seq > 3;";
    for (sql, line, how) in [
        ("DELETE FROM audit WHERE seq = 3", 3, "misplaced"),
        ("DELETE FROM audit WHERE seq = 1", 1, "misplaced"),
        (&format!("DELETE FROM audit WHERE seq = 3; {close}"), 3, "changed"),
        (swap, 3, "changed"),
        (&format!("{shift}{insert}"), 4, "changed"),
        (shift, 4, "misplaced"),
    ] {
        let copy = copy(&place);
        meddle(&copy, sql);
        assert_eq!(flaw(&copy, ""), (line, how.to_owned()), "{sql}");
        let said = copy.run("audit verify");
        assert!(said.stdout.starts_with(&format!("The audit is not whole: line {line} is not ")), "{said:?}");
        let (level, detail) = (&said.code, copy.run("doctor").stdout);
        assert!(
            *level == Some(1) && detail.contains("bad") && detail.contains("keep it as it is"),
            "{detail}"
        );
    }
}

#[test]
fn an_end_that_is_cut_off_is_missed_by_a_checkpoint_and_later_lines() {
    let place = place();
    let (_, key) = keep(&place);
    let cut = copy(&place);
    place.run("user create eve").ok();
    let (code, whole) = verify(&place, "--checkpoints kept.jsonl");
    assert_eq!((code, &whole["last"], &whole["signed"]), (Some(0), &json!(LINES + 1), &json!(LINES)));

    meddle(&cut, "DELETE FROM audit WHERE seq > 5");
    cut.write("kept.jsonl", &fs::read_to_string(place.path().join("kept.jsonl")).unwrap());
    assert_eq!(verify(&cut, "").0, Some(0), "by itself a shorter audit is as good as a longer one");
    assert_eq!(flaw(&cut, "--checkpoints kept.jsonl"), (6, "truncated".to_owned()));
    let said = cut.run("audit verify --checkpoints kept.jsonl").stdout;
    assert!(said.contains("line 6 is missing, for a checkpoint signs line 7"), "{said}");
    cut.write("export.jsonl", &cut.run("audit export").ok());
    let arguments = format!("--file export.jsonl --checkpoints kept.jsonl --public-key {key}");
    assert_eq!(flaw(&cut, &arguments), (6, "truncated".to_owned()));
    // Numbers are not given twice, so the next line shows the gap.
    cut.run("user create eve").ok();
    assert_eq!(flaw(&cut, ""), (6, "misplaced".to_owned()));
}

#[test]
fn a_chain_that_is_computed_anew_contradicts_its_checkpoint() {
    let (place, _) = Place::initialised();
    let other = copy(&place);
    place.run("user create ada").ok();
    keep(&place);
    // Another history under the same key, which fits together as well.
    other.run("user create mallory").ok();
    other.write("kept.jsonl", &fs::read_to_string(place.path().join("kept.jsonl")).unwrap());
    assert_eq!(verify(&other, "").0, Some(0));
    assert_eq!(flaw(&other, "--checkpoints kept.jsonl"), (1, "rewritten".to_owned()));
    // And two checkpoints of one line are proof by themselves.
    let both = place.run("audit checkpoint").ok() + &other.run("audit checkpoint").ok();
    place.write("both.jsonl", &both);
    let said = place.run("audit verify --checkpoints both.jsonl").refused(1);
    assert!(said.contains("both.jsonl:2: another checkpoint signs line 4 otherwise"), "{said}");
}

#[test]
fn a_checkpoint_that_was_changed_or_is_anothers_is_refused() {
    let place = place();
    let (signed, key) = keep(&place);
    let mut changed: Value = serde_json::from_str(&signed).unwrap();
    changed["seq"] = json!(3);
    for (text, why) in [
        (changed.to_string(), "its signature is not of what it says"),
        ("{}".to_owned(), "this is no checkpoint: missing field"),
        (signed.replace("\"hash\":\"", "\"hash\":\"x"), "hash: a hash is 64 hexadecimal digits"),
    ] {
        place.write("bad.jsonl", &format!("{signed}\n{text}\n"));
        let said = place.run("audit verify --checkpoints bad.jsonl").refused(1);
        assert!(said.contains("bad.jsonl:3: ") && said.contains(why), "{said}");
    }
    let (stranger, _) = Place::initialised();
    let theirs = stranger.run("audit key").ok();
    let theirs = theirs.trim_end();
    let said = place.run(&format!("audit verify --checkpoints kept.jsonl --public-key {theirs}")).refused(1);
    assert!(said.contains("kept.jsonl:1: ") && said.contains("a key that is not known here"), "{said}");
    place.run("audit verify --public-key nonsense").refused(2);
    place.run("audit verify --file - --checkpoints kept.jsonl").refused(2);
    // A key that was replaced stays good as a former one.
    fs::remove_file(place.data("audit-key.toml")).unwrap();
    place.run("audit verify --checkpoints kept.jsonl").refused(1);
    let path = place.data("audit-key.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("former = []", &format!("former = [\"{key}\"]"))).unwrap();
    assert_eq!(verify(&place, "--checkpoints kept.jsonl").0, Some(0));
}

#[test]
fn an_export_is_verified_where_there_is_nothing_of_symbolons() {
    let place = place();
    let (signed, key) = keep(&place);
    let export = place.run("audit export").ok();
    let elsewhere = Place::empty();
    elsewhere.write("kept.jsonl", &signed);
    let arguments = format!("--file export.jsonl --checkpoints kept.jsonl --public-key {key}");
    elsewhere.write("export.jsonl", &export);
    let (code, whole) = verify(&elsewhere, &arguments);
    assert_eq!((code, &whole["first"], &whole["signed"]), (Some(0), &json!(1), &json!(LINES)));
    let piped = elsewhere.symbolon_reading(&export, &["audit", "verify", "--file", "-"]);
    assert!(piped.ok().contains("no checkpoint was compared"));

    let lines: Vec<&str> = export.lines().collect();
    let changed = lines[2].replace("first system key", "second system key");
    let swapped = [lines[0], lines[2], lines[1], lines[3]];
    for (text, line, how) in [
        (lines.iter().filter(|line| **line != lines[3]).copied().collect::<Vec<_>>(), 4, "misplaced"),
        ([&lines[..2], &[&changed], &lines[3..]].concat(), 3, "changed"),
        (swapped.to_vec(), 2, "misplaced"),
        (lines[..5].to_vec(), 6, "truncated"),
        (lines[1..].to_vec(), 1, "unanchored"),
    ] {
        elsewhere.write("export.jsonl", &text.join("\n"));
        assert_eq!(flaw(&elsewhere, &arguments), (line, how.to_owned()));
    }
    for text in ["{}", "no JSON", &lines[0].replace("{\"seq\"", "{\"more\":1,\"seq\"")] {
        elsewhere.write("export.jsonl", text);
        let said = elsewhere.run("audit verify --file export.jsonl").refused(1);
        assert!(said.contains("export.jsonl:1: this is no line of an export"), "{said}");
    }
    // What comes later is verified against a checkpoint of the line before.
    place.run("user create eve").ok();
    elsewhere.write("export.jsonl", &place.run("audit export --after 7").ok());
    let (code, later) = verify(&elsewhere, &arguments);
    assert_eq!((code, &later["first"], &later["last"]), (Some(0), &json!(8), &json!(8)));
}

#[test]
fn a_server_signs_checkpoints_and_its_audit_is_followed() {
    let settings =
        "listen = \"127.0.0.1:0\"\n[audit]\ncheckpoints = \"kept.jsonl\"\ncheckpoint_every = \"100ms\"\n";
    let server = Server::at(Place::with(settings));
    let place = &server.place;
    let kept = || fs::read_to_string(place.path().join("kept.jsonl")).unwrap_or_default();
    let signed = |seq: u64| kept().contains(&format!("{{\"seq\":{seq},"));
    server.until("a first checkpoint", || signed(3));
    place.run("user create ada --no-login").ok();
    server.until("a checkpoint of what came since", || signed(4));
    assert!(server.log().contains("a checkpoint of the audit"), "{}", server.log());
    let (code, whole) = verify(place, "");
    assert_eq!((code, &whole["signed"]), (Some(0), &json!(4)), "the settings name the file");

    let mut follow = place.command();
    let output = fs::File::create(place.path().join("followed")).unwrap();
    let mut follow =
        follow.args(["audit", "export", "--follow", "--after", "3"]).stdout(output).spawn().unwrap();
    let followed = || fs::read_to_string(place.path().join("followed")).unwrap();
    server.until("the line before", || followed().lines().count() == 1);
    place.run("user create bea --no-login").ok();
    server.until("the line that came", || followed().lines().count() == 2);
    assert!(followed().lines().last().unwrap().contains("\"bea\""));
    // A sign-in that failed is there when the server has stopped, and signed.
    let wrong = json!({ "username": "admin", "password": "not the password" });
    assert_eq!(server.anonymous().send("POST", "/v1/sessions", &wrong).status, 401);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(follow.wait().unwrap().code(), Some(1), "it says that this is no end");
    let (_, whole) = verify(place, "");
    assert_eq!((&whole["last"], &whole["signed"]), (&json!(6), &json!(6)));
    let last = place.run("audit list --limit 1 --json").json();
    assert_eq!(last["items"][0]["action"], "session.refuse");
    place.run("audit export --follow").refused(1);

    let bad = Place::with("[audit]\ncheckpoints = \"nowhere/kept.jsonl\"\n");
    bad.run("init").ok();
    let said = bad.run("serve").refused(1);
    assert!(
        said.contains("checkpoints cannot be appended to") && said.contains("nowhere/kept.jsonl"),
        "{said}"
    );
}
