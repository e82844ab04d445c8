//! Searches of a configuration's states, and what comes of them.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use stateright::{Checker, HasDiscoveries, Model};

use crate::config::Config;
use crate::fleet::{DURABLE, Fleet, PROMISE, SEEN};
use crate::reduce::representative;
use crate::state::State;

/// How often a long search says how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

/// What a search found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The configuration's name.
    pub name: &'static str,
    /// How many different states were seen, those that differ in nothing that matters counted once.
    pub states: usize,
    /// How many states the longest run has that was followed.
    pub depth: usize,
    /// Whether there is no state that was not seen.
    pub exhausted: bool,
    /// The run that breaks what must hold, if one does.
    pub broken: Option<Run>,
    /// What was found to happen, of what is looked for.
    pub seen: Vec<&'static str>,
}

/// A run from the beginning, to be read.
#[derive(Clone, Debug)]
pub struct Run {
    /// What does not hold at its end.
    pub property: &'static str,
    /// What is done, and what there is after it.
    pub steps: Vec<(String, State)>,
}

/// Searches all states of a configuration, or until one breaks what must hold.
pub fn exhaust(config: Config) -> Outcome {
    let checker = Fleet::new(config).checker().symmetry_fn(representative);
    outcome(&checker.finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join(), true)
}

/// Searches until a state breaks what must hold, shortest runs first, and nodes that could change places told apart.
pub fn shortest(config: Config) -> Outcome {
    let checker = Fleet::new(config).checker();
    outcome(&checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join(), true)
}

/// Searches until all that is looked for was seen to happen.
pub fn look(config: Config) -> Outcome {
    let checker = Fleet::new(Config { remembers: true, ..config }).checker();
    outcome(&checker.finish_when(HasDiscoveries::All).spawn_bfs().join(), false)
}

/// As [`exhaust`], on so many threads and for at most so long, and tells the states so far and the seconds meanwhile.
pub fn exhaust_within(
    config: Config,
    threads: usize,
    limit: Duration,
    mut progress: impl FnMut(usize, u64),
) -> Outcome {
    let fleet = Fleet::new(config);
    let given_up = fleet.given_up();
    let checker = fleet.checker().symmetry_fn(representative).threads(threads);
    let mut checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_dfs();
    let (done, ended) = channel();
    let handles = checker.handles();
    let joiner = std::thread::spawn(move || {
        let well = handles.into_iter().map(std::thread::JoinHandle::join).all(|each| each.is_ok());
        // Whoever listens does so until this comes.
        let _ = done.send(well);
    });
    let mut waited = Duration::ZERO;
    let well = loop {
        let part = PROGRESS.min(limit.saturating_sub(waited)).max(Duration::from_secs(1));
        match ended.recv_timeout(part) {
            Ok(well) => break well,
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => waited += part,
        }
        progress(checker.unique_state_count(), waited.as_secs());
        given_up.store(waited >= limit, Ordering::Relaxed);
    };
    let _ = joiner.join();
    outcome(&checker, well && !given_up.load(Ordering::Relaxed))
}

fn outcome(checker: &impl Checker<Fleet>, ended: bool) -> Outcome {
    let discoveries = checker.discoveries();
    let broken = [PROMISE, DURABLE].into_iter().find(|property| discoveries.contains_key(property));
    let run = |property: &'static str| {
        let path = discoveries[property].clone().into_vec();
        let names = path.iter().map(|(_, action)| action.map(|action| action.to_string()));
        let names = std::iter::once("nobody is registered".to_owned()).chain(names.flatten());
        Run { property, steps: names.zip(path.iter().map(|(state, _)| *state)).collect() }
    };
    Outcome {
        name: checker.model().config().name,
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        exhausted: ended && broken.is_none(),
        broken: broken.map(run),
        seen: SEEN.into_iter().filter(|name| discoveries.contains_key(name)).collect(),
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broken: {}", self.property)?;
        for (number, (step, state)) in self.steps.iter().enumerate() {
            writeln!(f, "{number:>3}. {step}\n       {state}")?;
        }
        Ok(())
    }
}
