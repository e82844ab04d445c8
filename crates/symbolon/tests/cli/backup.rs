//! `symbolon keys`, `symbolon backup` and `symbolon restore`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Place, Server};

const TOKENS: &str = "/v1/services/odin/tokens";

fn create(server: &Server, name: &str) -> String {
    let answer = server.api().send("POST", TOKENS, &json!({ "name": name, "scopes": ["read:printers"] }));
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Keys are rotated and dropped, and a backup is made, while others ask all the time; the backup is restored elsewhere.
#[test]
fn heavy_rotation_and_backup_under_load_fail_no_check() {
    let server = Server::with_odin();
    let tokens: Vec<_> = (0..20).map(|n| create(&server, &format!("t{n}"))).collect();
    let (done, place) = (AtomicBool::new(false), &server.place);
    let asked: Vec<usize> = thread::scope(|scope| {
        let loads: Vec<_> = (0..3)
            .map(|worker| {
                let (server, tokens, done) = (&server, &tokens, &done);
                scope.spawn(move || {
                    let (mut proxy, mut asked) = (server.proxy("odin"), 0);
                    while !done.load(Ordering::Relaxed) {
                        let token = &tokens[(worker + asked) % tokens.len()];
                        assert_eq!(proxy.get_as("/api/printers", token).status, 200, "check {asked}");
                        asked += 1;
                    }
                    asked
                })
            })
            .collect();
        for round in 0..3_u32 {
            place.run("keys rotate pepper").ok();
            place.run("keys rotate sessions").ok();
            place.run(&format!("backup backup-{round} --with-keys")).ok();
            let at = round + 1;
            // Everything that is used is moved, and then nothing is lost by dropping the old one.
            server.until("the move to the new pepper", || {
                // A use of the system key, which rests on the old one too.
                assert_eq!(server.api().get("/v1/self").status, 200);
                let done = place.run(&format!("keys retire {at}"));
                assert!(done.code == Some(0) || done.stderr.contains("have not been used since"), "{done:?}");
                done.code == Some(0)
            });
        }
        done.store(true, Ordering::Relaxed);
        loads.into_iter().map(|load| load.join().unwrap()).collect()
    });
    assert!(asked.iter().all(|count| *count > 50), "there was hardly a load: {asked:?}");
    let keys = place.run("keys show --json").json();
    assert_eq!((keys["peppers"].as_array().unwrap().len(), &keys["peppers"][0]["id"]), (1, &json!(4)));

    place.run("restore backup-1 --data-dir elsewhere").ok();
    let settings = fs::read_to_string(place.path().join("symbolon.toml")).unwrap();
    let other = Place::with(&settings);
    fs::rename(place.path().join("elsewhere"), other.path().join("symbolon-data")).unwrap();
    let other = Server::again(other);
    let mut proxy = other.proxy("odin");
    for token in &tokens {
        assert_eq!(proxy.get_as("/api/printers", token).status, 200);
    }
}

#[test]
fn a_backup_without_keys_takes_them_from_elsewhere() {
    let server = Server::with_odin();
    let place = &server.place;
    let token = create(&server, "t");
    let told = place.run("backup --json there").json();
    let manifest = &told["backup"];
    assert_eq!(
        (&manifest["tokens"], &manifest["peppers"], &manifest["with_keys"]),
        (&json!(1), &json!([1]), &json!(false))
    );
    let mut names: Vec<_> = fs::read_dir(place.path().join("there"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["backup.json", "symbolon.db"]);
    let mode = fs::metadata(place.path().join("there")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    let refusal = place.run("restore there --data-dir new").refused(2);
    assert!(refusal.contains("name your copy of keys.toml, with pepper 1, as --keys"), "{refusal}");
    let (stranger, _) = Place::initialised();
    // Another installation's pepper has the same number and another key: nothing in the record is as it was written.
    let foreign = format!("restore there --data-dir foreign --keys {}", stranger.data("keys.toml").display());
    let refusal = place.run(&foreign).refused(1);
    assert!(refusal.contains("has other keys than those that the backup was made with"), "{refusal}");
    for left in ["foreign", ".unfinished-foreign"] {
        assert!(!place.path().join(left).exists(), "{left}");
    }
    let keys = place.data("keys.toml").display().to_string();
    let told = place.run(&format!("restore there --data-dir new --keys {keys} --json")).json();
    assert_eq!((&told["broken_seals"], &told["audit_key"]), (&json!([]), &json!(false)));
    assert!(!place.path().join("new/audit-key.toml").exists());
    let settings = fs::read_to_string(place.path().join("symbolon.toml")).unwrap();
    let new = place.path().join("new");
    let restored = Server::again(Place::with(&format!("data_dir = \"{}\"\n{settings}", new.display())));
    assert_eq!(restored.proxy("odin").get_as("/api/printers", &token).status, 200);
}

#[test]
fn what_is_there_is_not_overwritten_and_nothing_is_left_half_done() {
    let (place, _) = Place::initialised();
    place.run("backup one --with-keys").ok();
    for line in ["backup one", "backup symbolon-data", "restore one --data-dir symbolon-data"] {
        let refusal = place.run(line).refused(1);
        assert!(refusal.contains("there is something already, and nothing is overwritten"), "{refusal}");
    }
    // One bit of the copy is another.
    let database = place.path().join("one/symbolon.db");
    let mut bytes = fs::read(&database).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&database, bytes).unwrap();
    let refusal = place.run("restore one --data-dir two").refused(1);
    assert!(refusal.contains("is not what was backed up"), "{refusal}");
    let refusal = place.run("restore nowhere --data-dir two").refused(1);
    assert!(refusal.contains("nowhere is no backup"), "{refusal}");
    place.run("backup three").ok();
    place.run("keys rotate pepper").ok();
    place.run("backup four").ok();
    fs::remove_dir_all(place.path().join("three")).unwrap();
    let mut names: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["four", "one", "symbolon-data", "symbolon.toml"]);
}

#[test]
fn a_backup_from_before_a_rotation_takes_the_keys_of_then() {
    let (place, _) = Place::initialised();
    fs::copy(place.data("keys.toml"), place.path().join("keys-1.toml")).unwrap();
    place.run("keys rotate pepper").ok();
    place.run("token create --service odin --name late --scope read:jobs").ok();
    place.run("backup later").ok();
    let refusal = place.run("restore later --data-dir new --keys keys-1.toml").refused(1);
    assert!(refusal.contains("lacks pepper 2"), "{refusal}");
    assert!(!place.path().join("new").exists());
}

#[test]
fn sessions_and_what_was_revoked_later_are_told_of() {
    let server = Server::with_odin();
    let place = &server.place;
    let (name, password) = ("admin", server.secrets["admin"]["password"].as_str().unwrap());
    let signed =
        server.anonymous().send("POST", "/v1/sessions", &json!({ "username": name, "password": password }));
    assert_eq!(signed.status, 201);
    place.run("backup there --with-keys").ok();
    let done = place.run("restore there --data-dir new");
    assert!(done.stderr.contains("What was revoked, removed, demoted or disabled after "), "{done:?}");
    let restored = Place::with("data_dir = \"new\"\nlisten = \"127.0.0.1:0\"\n");
    fs::rename(place.path().join("new"), restored.path().join("new")).unwrap();
    let sessions: Value = restored.run("session list --json").json();
    assert_eq!(sessions["items"], json!([]));
    let audit = restored.run("audit list --json").json();
    assert_eq!(audit["items"][0]["action"], "record.restore");
}

#[test]
fn the_key_of_the_audit_goes_with_the_keys_or_is_named() {
    let (place, _) = Place::initialised();
    let audit_key = fs::read(place.data("audit-key.toml")).unwrap();
    place.run("backup whole --with-keys").ok();
    place.run("backup bare").ok();
    assert!(!place.path().join("bare/audit-key.toml").exists());
    let (keys, key) = ("symbolon-data/keys.toml", "symbolon-data/audit-key.toml");
    for (line, to) in [
        ("restore whole --data-dir one".to_owned(), "one"),
        (format!("restore bare --data-dir two --keys {keys} --audit-key {key}"), "two"),
    ] {
        let done = place.run(&line);
        assert!(done.code == Some(0) && !done.stderr.contains("audit-key.toml"), "{done:?}");
        let restored = place.path().join(to).join("audit-key.toml");
        assert_eq!(fs::read(&restored).unwrap(), audit_key);
        assert_eq!(fs::metadata(&restored).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let done = place.run(&format!("restore bare --data-dir other --keys {keys}"));
    assert!(done.stderr.contains("No audit-key.toml was put back"), "{done:?}");
    let refusal =
        place.run(&format!("restore bare --data-dir three --keys {keys} --audit-key nowhere")).refused(1);
    assert!(refusal.contains("nowhere cannot be read"), "{refusal}");
    assert!(!place.path().join("three").exists());
}
