//! `cargo xtask bench`: what Symbolon costs.

use std::path::PathBuf;

use clap::Args;

use crate::shell::{Shell, say};
use crate::step::{Step, run_all, words};
use crate::tools;

/// How much to measure.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// One short round over few tokens: whether everything works, and not what it costs
    #[arg(long)]
    pub(crate) quick: bool,

    /// One measurement alone: gateway, verify, proxy, refusal, check, fleet, foreign, usage, start, create, large or build
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,

    /// Measure published programs for the same work too; installs them under target/tools
    #[arg(long)]
    pub(crate) peers: bool,

    /// With --peers: measure these alone
    #[arg(long, requires = "peers", conflicts_with = "only")]
    pub(crate) only_peers: bool,

    /// Measure ten million tokens too: their memory, and a start with them; some twenty minutes more, and 20 GB of disk
    #[arg(long, conflicts_with_all = ["only", "only_peers"])]
    pub(crate) large: bool,

    /// Measure a newcomer's first build too, and the weight of the packaged binary; some fifteen minutes more
    #[arg(long, conflicts_with_all = ["only", "only_peers"])]
    pub(crate) build: bool,

    /// Measure nothing: make docs/performance.md, .svg and .json of the last whole run with rivals
    #[arg(long, conflicts_with_all = ["quick", "only", "peers", "large", "build"])]
    pub(crate) document: bool,
}

/// A rival's name or a baseline's, and where what it needs is, or why it is nowhere.
type Peer = (&'static str, Result<PathBuf, String>);

/// Builds the bench as released and runs it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let shell = Shell::new();
    let said = |program, arguments: &[&str]| {
        shell.answer(program, arguments).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    if options.document {
        return run_all(&shell, &[document()]);
    }
    let mut peers = if options.peers { peers(&shell)? } else { Vec::new() };
    if options.wants_nginx()
        && let Err(why) = tools::programs(&shell, tools::FOR_BASELINES)
    {
        say(&format!("==> nginx is not measured: {why}"));
        peers.push(("nginx", Err(why)));
    }
    if !options.only_peers && options.only.as_deref().is_none_or(|only| only == "fleet") {
        tools::programs(&shell, tools::FOR_FLEETS)?;
    }
    let commit = said("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]);
    run_all(&shell, &[step(options, &peers, said("rustc", &["--version"]), commit)])
}

impl Options {
    /// Whether there will be a row beside nginx.
    fn wants_nginx(&self) -> bool {
        !self.only_peers && self.only.as_deref().is_none_or(|only| only == "proxy")
    }
}

/// Installs what the rivals need. One that cannot be had is told of, here and in the results; the others are measured.
fn peers(shell: &Shell) -> Result<Vec<Peer>, String> {
    tools::programs(shell, tools::FOR_RIVALS)?;
    let mut peers: Vec<Peer> = vec![("better-auth", tools::npm_packages(shell, &tools::BETTER_AUTH))];
    peers.extend(tools::RIVALS.iter().map(|package| (package.0, tools::python_package(shell, package))));
    let root = format!("{}/", shell.root().display());
    for (name, installed) in &mut peers {
        if let Err(why) = installed {
            // The results are shown to others, whom the folders of this machine do not concern.
            *why = why.replace(&root, "");
            say(&format!("==> {name} is not measured: {why}"));
        }
    }
    Ok(peers)
}

/// `rustc` and `commit` are for the results, where they can be found out.
fn step(options: &Options, peers: &[Peer], rustc: Option<String>, commit: Option<String>) -> Step {
    let mut command = words(&format!("{BENCH} --out target/bench/latest.json"));
    for (flag, wanted) in [
        ("--quick", options.quick),
        ("--only-peers", options.only_peers),
        ("--large", options.large),
        ("--build", options.build),
    ] {
        command.extend(wanted.then(|| flag.to_owned()));
    }
    for (flag, said) in [("--only", options.only.clone()), ("--rustc", rustc), ("--commit", commit)] {
        command.extend(said.map(|said| format!("{flag}={said}")));
    }
    command.extend(peers.iter().map(|(name, installed)| match installed {
        Ok(folder) => format!("--peer={name}={}", folder.display()),
        Err(why) => format!("--without={name}={why}"),
    }));
    let advice = "What could not be measured stands above.";
    Step { name: "bench", command, variables: &[], advice }
}

fn document() -> Step {
    let command = words(&format!("{BENCH} document --from target/bench/latest.json --to docs"));
    let advice = "`cargo xtask bench --peers` makes a run that can be told of.";
    Step { name: "document", command, variables: &[], advice }
}

const BENCH: &str = "cargo run --release --locked --package symbolon-bench --";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_name_what_is_known() {
        let options = Options { quick: true, only: Some("check".to_owned()), ..Options::default() };
        let known = step(&options, &[], Some("rustc 1".to_owned()), Some("abc-dirty".to_owned()));
        assert_eq!(
            known.to_string(),
            "cargo run --release --locked --package symbolon-bench -- --out target/bench/latest.json --quick \
             --only=check '--rustc=rustc 1' --commit=abc-dirty"
        );
        let unknown = step(&Options::default(), &[], None, None).to_string();
        assert!(unknown.ends_with("latest.json"));
    }

    #[test]
    fn what_takes_long_is_measured_where_it_is_asked_for() {
        let options = Options { large: true, build: true, ..Options::default() };
        assert!(step(&options, &[], None, None).to_string().ends_with("latest.json --large --build"));
    }

    #[test]
    fn nginx_is_wanted_where_the_proxy_is_measured() {
        let only = |name: &str| Options { only: Some(name.to_owned()), ..Options::default() };
        assert!(Options::default().wants_nginx() && only("proxy").wants_nginx());
        assert!(!only("check").wants_nginx());
        assert!(!Options { peers: true, only_peers: true, ..Options::default() }.wants_nginx());
    }

    #[test]
    fn a_rival_that_cannot_be_had_is_told_of() {
        let peers = [("one", Ok(PathBuf::from("/tools/one-1"))), ("two", Err("no wheel.".to_owned()))];
        let step = step(&Options { only_peers: true, ..Options::default() }, &peers, None, None).to_string();
        assert!(step.ends_with("--only-peers --peer=one=/tools/one-1 '--without=two=no wheel.'"), "{step}");
    }

    #[test]
    fn a_document_is_made_of_the_run_that_was_written_last() {
        let (measured, document) = (step(&Options::default(), &[], None, None), document().to_string());
        let results = measured.command.last().unwrap();
        assert!(document.contains(&format!("document --from {results} --to docs")), "{document}");
    }
}
