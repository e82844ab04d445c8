//! The chapter on fleets: a database on two machines, the name that leads to the one of them, and a node.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use symbolon_postgres_server::{Version, Workshop};

use crate::markdown::{self, Block, Command};
use crate::shell::{self, Shell};
use crate::{MOVING, read};

/// How the first machine's cluster is made. Nothing of it is synchronised, and its socket is in the machine's directory.
const CLUSTER: &str = r#"mkdir archive base a b && initdb -U postgres --auth=trust -E UTF8 --no-sync -D a/data >/dev/null &&
printf "%s\n" "listen_addresses = ''" "unix_socket_directories = '..'" "fsync = off" "dynamic_shared_memory_type = mmap" \
    "recovery_init_sync_method = syncfs" >>a/data/postgresql.conf && pg_ctl start --silent -D a/data --log a/log && echo made"#;

/// Commands that are not typed, and what is typed in their place: no init system is behind the node here.
const TYPED_INSTEAD: [(&str, &str); 2] =
    [("systemctl stop symbolon", "kill %%; wait"), ("systemctl start symbolon", "symbolon serve &")];

/// What is typed at the node before the command that begins so: a token from before the point to which the fleet goes back,
/// which is revoked behind it.
const BETWEEN: [(&str, &str); 2] = [
    (
        "psql -c \"SELECT pg_create_restore_point",
        "ID=$(symbolon token create --service odin --name kept --scope read:printers --json | grep -o 'tok_[0-9a-z]*' | head -n 1) && test -n \"$ID\"",
    ),
    ("systemctl stop", "symbolon token revoke --service odin \"$ID\""),
];

/// The machines, as the chapter walks through them.
struct Machines<'a> {
    home: &'a Path,
    shells: [(&'static str, Shell); 3],
    port: String,
}

impl Machines<'_> {
    fn run(&mut self, machine: &str, command: &str) -> String {
        let (_, shell) = self.shells.iter_mut().find(|(name, _)| *name == machine).unwrap();
        shell.run(command, &[("7070".to_owned(), self.port.clone()), ("7070".to_owned(), self.port.clone())])
    }

    /// Types a command of the chapter there.
    fn typed(&mut self, machine: &str, Command { text, output }: &Command) {
        let names =
            ["a.db.example.org", "/mnt/archive", "/mnt/base"].into_iter().zip(["a", "archive", "base"]);
        let here = names.fold(text.clone(), |text, (name, there)| {
            text.replace(name, &self.home.join(there).to_string_lossy())
        });
        let instead = TYPED_INSTEAD.iter().find(|(command, _)| command == text);
        let command = instead.map_or(here, |(_, typed)| (*typed).to_owned());
        // What is looked for takes its time.
        let looks = ["psql -Atc \"SELECT", "symbolon token list", "symbolon doctor", "symbolon audit verify"];
        let looks = looks.iter().any(|start| text.starts_with(start));
        self.until_printed(machine, &command, output, looks);
    }

    /// Types a command, and again until it prints what is wanted if it can be typed `again`.
    fn until_printed(&mut self, machine: &str, command: &str, wanted: &str, again: bool) {
        let mut printed = String::new();
        for _ in 0..if again { 600 } else { 1 } {
            printed = self.run(machine, command);
            if markdown::matches(wanted, &printed) {
                return;
            }
            // For pace alone: whoever brings it about needs the processor too.
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("$ {command}\nshould print\n{wanted}\nand printed\n{printed}");
    }
}

#[test]
fn heavy_the_failover_and_the_recovery_of_a_fleet_work_as_they_stand() {
    let workshop = Workshop::new(Version::Debian).unwrap();
    let (home, node) = (workshop.directory(), tempfile::tempdir().unwrap());
    let name = home.join("primary");
    let url = format!("postgres://symbolon@localhost/symbolon?host={}", name.display()).replace('/', "%2F");
    let url = url.replacen("%2F%2F", "//", 1).replacen("%2F", "/", 1);
    std::fs::write(
        node.path().join("symbolon.toml"),
        format!("[database]\nurl = \"{url}\"\nnode = \"a\"\nlease = \"1s\"\n"),
    )
    .unwrap();
    let on = |machine: &str| {
        let mut bash = workshop.shell().unwrap();
        bash.env("PGHOST", home.join(machine)).env("PGDATA", home.join(machine).join("data"));
        Shell::of(bash.env("PGUSER", "postgres").env("PGDATABASE", "postgres"))
    };
    let port = shell::free_port().to_string();
    let at_node = Shell::start(node.path(), Path::new(env!("CARGO_BIN_EXE_symbolon")), &port);
    let mut machines = Machines { home, shells: [("a", on("a")), ("b", on("b")), ("node", at_node)], port };
    assert_eq!(machines.run("a", CLUSTER).trim(), "made");
    let lead_to = |machine: &str| {
        // Not there the first time.
        let _ = std::fs::remove_file(&name);
        symlink(home.join(machine), &name).unwrap();
    };
    lead_to("a");
    let mut typed = 0;
    // But for a chapter that has a test of its own.
    let document = read("docs/fleet.md");
    let chapters: Vec<_> = document.split("\n## ").filter(|chapter| !chapter.starts_with(MOVING)).collect();
    for block in markdown::blocks(&chapters.join("\n## ")) {
        match block {
            Block::Other { text, .. } if text.starts_with("CREATE ROLE") => {
                machines.run("a", &format!("psql --quiet -v ON_ERROR_STOP=1 <<'END'\n{text}END"));
                machines.run("node", "symbolon init --json");
                machines.run("node", "symbolon serve &");
            }
            Block::Console { machine, commands } => {
                let machine = machine.expect("the machine is said above each block");
                for command in commands {
                    let between = BETWEEN.iter().filter(|(start, _)| command.text.starts_with(start));
                    for (_, line) in between {
                        machines.until_printed(
                            "node",
                            &format!("{line} >/dev/null && echo done"),
                            "done",
                            true,
                        );
                    }
                    machines.typed(&machine, &command);
                    if command.text.starts_with("pg_ctl promote") {
                        lead_to("b");
                    }
                    typed += 1;
                }
            }
            Block::Other { .. } | Block::File { .. } => {}
        }
    }
    let list = Command {
        text: "symbolon token list --service odin".to_owned(),
        output: "...kept...active...".to_owned(),
    };
    machines.typed("node", &list);
    assert!(typed >= 20, "only {typed} commands were found in the chapter");
}
