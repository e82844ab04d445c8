//! `symbolon service`: learning from traffic, and switching.

use crate::support::Server;

/// O.D.I.N. behind a server that only looks.
fn observed() -> Server {
    let server = Server::with_odin();
    let told = server.place.run("service enforce odin --off").ok();
    assert_eq!(told, "odin is not enforced: what would be refused is noted, and goes on.\n");
    server
}

#[test]
fn what_is_seen_is_reported_and_drafted() {
    let server = observed();
    let token = server.place.run("token create --service odin --name x --scope read:printers").ok();
    let token = token.trim_end();
    for path in ["/api/printers", "/api/jobs", "/api/jobs", "/api/printers/7/selfies/9", "/elsewhere"] {
        server.proxy("odin").get_as(path, token);
    }
    let report = server.place.run("service report odin");
    assert!(report.stderr.starts_with("odin is not enforced, as switched at "), "{report:?}");
    let lines: Vec<Vec<&str>> = report.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1][..4], ["GET", "/jobs", "insufficient_scope", "2"]);
    assert_eq!(lines.len(), 4);
    let report = server.place.run("service report odin --json").json();
    assert_eq!(report["sights"].as_array().unwrap().len(), 3);
    let draft = server.place.run("catalog draft odin").ok();
    assert!(draft.contains("[[routes]]\nscopes = [\"read:printers\"]\npaths = [\n    \"GET /printers/{id}/selfies/{id2}\", # 1\n]"), "{draft}");
    assert!(draft.contains("#   GET /elsewhere (1)"), "{draft}");

    // Added to the catalog as it is, it compiles.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalogs/odin.toml");
    let catalog = std::fs::read_to_string(root).unwrap();
    server.place.write("odin.toml", &format!("{catalog}\n{draft}"));
    server.place.run("catalog check odin.toml").ok();
}

#[test]
fn a_switch_holds_at_once_and_over_a_start_and_is_written_down() {
    let mut server = observed();
    let status = |server: &Server| server.proxy("odin").get("/api/no-such-thing").status;
    // The application's own answers.
    assert_ne!(status(&server), 404);
    let shown = server.place.run("service enforce odin --json").json();
    assert_eq!(shown["enforced"], true);
    assert_eq!(status(&server), 404);
    server.place.run("service enforce odin --off").ok();
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    assert_ne!(status(&server), 404);
    assert!(server.log().contains("is not enforced, as somebody has switched it"), "{}", server.log());
    let doctor = server.place.run("doctor").ok();
    assert!(
        doctor.contains("odin is not enforced") && doctor.contains("symbolon service enforce odin"),
        "{doctor}"
    );
    let audit = server.place.run("audit list").ok();
    let deeds = |word: &str| audit.lines().filter(|line| line.contains(word)).count();
    assert_eq!((deeds("service.observe"), deeds("service.enforce")), (2, 1), "{audit}");

    // Without a server the same commands do it in the data directory.
    assert_eq!(server.stop(), Some(0));
    assert_eq!(server.place.run("service enforce odin").ok(), "odin is enforced.\n");
    server.start_again();
    assert_eq!(status(&server), 404);
    assert!(server.place.run("service report odin").stderr.starts_with("odin is enforced, as switched at "));
    let nothing = server.place.run("catalog draft odin");
    assert!(nothing.stdout.is_empty() && nothing.stderr.contains("Nothing was seen"), "{nothing:?}");
}
