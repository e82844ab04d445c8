//! The container file and the compose file. No registry of images is asked: what the container file builds upon is
//! stood in for, by a compiler that hands out the binary of these tests, and by this machine's own C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{namespaces, root, tried};
use crate::support::{Place, tool};

/// What the container file tells the compiler. The stand-in takes nothing else.
const BUILD: &str = "build --profile dist --locked --package symbolon --all-features --target-dir /build";

struct Engine(Place);

impl Engine {
    fn podman(&self, words: &[&str]) -> Command {
        let place = self.0.path();
        let mut podman = Command::new("podman");
        podman.arg("--root").arg(place.join("storage")).arg("--runroot").arg(place.join("run"));
        podman.args(["--storage-driver", "vfs"]).args(words).env("HOME", place);
        podman
    }

    fn says(&self, words: &[&str]) -> String {
        let (good, said) = tried(&mut self.podman(words));
        assert!(good, "podman {words:?}\n{said}");
        said
    }

    /// An image of these files and commands.
    fn stand_in(&self, name: &str, files: &[(&Path, &str)], then: &str) {
        let context = self.0.path().join(name);
        for (from, to) in files {
            let to = context.join("files").join(to.trim_start_matches('/'));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
        let text = format!("FROM scratch\nCOPY files /\n{then}");
        fs::write(context.join("Containerfile"), text).unwrap();
        let context = context.to_str().unwrap();
        self.says(&[
            "build",
            "--quiet",
            "--isolation",
            "chroot",
            "--tag",
            &format!("localhost/{name}"),
            context,
        ]);
    }
}

/// The libraries that a binary is linked with, as this machine finds them.
fn libraries(binary: &Path) -> Vec<PathBuf> {
    let (good, said) = tried(Command::new("ldd").arg(binary));
    assert!(good, "{said}");
    let paths = said.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths.map(PathBuf::from).collect()
}

#[test]
fn heavy_the_container_is_built_begun_and_started_with_nothing_but_its_volume_to_write_to() {
    let engine = Engine(Place::empty());
    let binary = engine.0.path().join("symbolon");
    let stripped = Command::new("strip").arg("-o").arg(&binary).arg(env!("CARGO_BIN_EXE_symbolon")).status();
    assert!(stripped.unwrap().success());
    let compiler = format!(
        "#!/bin/sh\nset -e\ntest \"$*\" = '{BUILD}'\ntest -f Cargo.lock\ntest ! -e target\nmkdir -p /build/dist\ncp \
         /binary /build/dist/symbolon\n"
    );
    engine.0.write("cargo", &compiler);
    let (cargo, busybox) = (engine.0.path().join("cargo"), Path::new("/bin/busybox"));
    let files = [(busybox, "/bin/busybox"), (&*cargo, "/bin/cargo"), (&*binary, "/binary")];
    let tools = "RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\nRUN chmod 755 /bin/cargo\n";
    engine.stand_in("compiler", &files, tools);
    let libraries = libraries(&binary);
    let files: Vec<(&Path, &str)> =
        libraries.iter().map(|path| (path.as_path(), path.to_str().unwrap())).collect();
    engine.stand_in("base", &files, "");

    let source = root();
    let file = source.join("deploy/container/Containerfile");
    engine.says(&[
        "build",
        "--quiet",
        "--isolation=chroot",
        "--pull=never",
        "--format=docker",
        "--build-arg=BUILD_IMAGE=localhost/compiler",
        "--build-arg=BASE_IMAGE=localhost/base",
        "--tag=localhost/symbolon",
        "--file",
        file.to_str().unwrap(),
        source.to_str().unwrap(),
    ]);

    let image: Value =
        serde_json::from_str(&engine.says(&["image", "inspect", "localhost/symbolon"])).unwrap();
    let config = &image[0]["Config"];
    assert_eq!((&config["User"], &config["WorkingDir"]), (&"65532:65532".into(), &"/etc/symbolon".into()));
    assert!(config["Volumes"]["/var/lib/symbolon"].is_object(), "{config}");
    assert_eq!(image[0]["Healthcheck"]["Test"][1], "/usr/bin/symbolon", "{}", image[0]);
    let words = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };

    let mounted = engine.says(&["image", "mount", "localhost/symbolon"]);
    for folder in ["proc", "dev"] {
        // An engine makes them where an image has none.
        fs::create_dir_all(Path::new(mounted.trim()).join(folder)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/container/inside.sh");
    let mut life = namespaces();
    life.arg("sh")
        .arg(script)
        .arg(mounted.trim())
        .args(words(&config["Entrypoint"]))
        .args(words(&config["Cmd"]));
    let (good, said) = tried(life.current_dir(engine.0.path()));
    assert!(good && said.contains("everything went well"), "{said}");
}

#[test]
fn the_compose_file_says_what_it_must() {
    let tools = tool("podman-compose-1.6.0");
    let place = Place::empty();
    let folder = root().join("deploy/compose");
    let mut compose = Command::new("python3");
    compose.arg(tools.join("podman_compose.py")).arg("--file").arg(folder.join("compose.yaml")).arg("config");
    compose.env("PYTHONPATH", &tools).env("PYTHONDONTWRITEBYTECODE", "1").env("HOME", place.path());
    let (good, said) = tried(compose.env_remove("APP_IMAGE"));
    assert!(!good && said.contains("the image of the application"), "{said}");
    let (good, said) = tried(compose.env("APP_IMAGE", "localhost/application"));
    assert!(good, "{said}");
    let (app, symbolon) = said.split_once("  symbolon:\n").unwrap();
    // Who reaches the application can say who is calling.
    assert!(!app.contains("ports:") && app.contains("  inside:\n    internal: true\n"), "{said}");
    for wanted in [
        "    read_only: true\n",
        "    cap_drop:\n    - ALL\n",
        "    - no-new-privileges:true\n",
        "    command:\n    - serve\n    - --no-init\n",
        "    - 127.0.0.1:8080:7171\n    - 127.0.0.1:7070:7070\n",
    ] {
        assert!(symbolon.contains(wanted), "{wanted:?} is not in\n{said}");
    }

    // And the settings beside it, with another place for the data, are ones that a server starts with.
    place.write("odin.key", "the application's own key\n");
    let settings = fs::read_to_string(folder.join("symbolon.toml")).unwrap();
    place.write("symbolon.toml", &settings.replace("0.0.0.0:7171", "127.0.0.1:0"));
    let elsewhere = [
        ("SYMBOLON_CONFIG_DATA_DIR", place.path().join("data").to_str().unwrap().to_owned()),
        ("SYMBOLON_CONFIG_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let elsewhere: Vec<(&str, &str)> =
        elsewhere.iter().map(|(name, value)| (*name, value.as_str())).collect();
    place.symbolon_with(&elsewhere, &["init"]).ok();
    place.symbolon_with(&elsewhere, &["catalog", "show", "odin"]).ok();
}
