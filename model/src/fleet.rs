//! The fleet as a model that can be searched: its steps, and what must hold in every state of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stateright::{Model, Property};

use crate::action::Action;
use crate::config::Config;
use crate::reduce::settle;
use crate::state::{Check, State};
use crate::time::Clocks;

/// What no state may break, the promise of the protocol. "Before" is before the moment at which the check loaded its index.
pub const PROMISE: &str = "no node admits a token whose revocation was acknowledged before";
/// The other thing that no state may break.
pub const DURABLE: &str = "no acknowledged mutation is lost";

/// What must happen in some run, or the model would say nothing.
pub const SEEN: [&str; 6] = [
    "a revocation is acknowledged by all",
    "a revocation is acknowledged by the timer",
    "a node that was removed returns and admits",
    "a promoted primary is adopted",
    "a check is admitted",
    "a check is unavailable",
];

/// To how many renewals a row is followed where counts are not forgotten.
const RENEWALS: u8 = 3;

/// A configuration, ready to be searched.
#[derive(Clone, Debug)]
pub struct Fleet {
    config: Config,
    steps: Vec<Action>,
    given_up: Arc<AtomicBool>,
}

impl Fleet {
    /// Panics where the configuration has more nodes, rows or mutations than a state has room for.
    pub fn new(config: Config) -> Self {
        Self { config, steps: Action::all(&config), given_up: Arc::default() }
    }

    /// What ends a search: once it is true no state has a step.
    pub(crate) fn given_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.given_up)
    }

    /// What it was made of.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl Model for Fleet {
    type State = State;
    type Action = Action;

    /// Nobody is registered, and nothing has changed yet.
    fn init_states(&self) -> Vec<State> {
        vec![State { left: self.config.left(), ..State::default() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if self.given_up.load(Ordering::Relaxed) {
            return;
        }
        match state.check {
            Check::Admitted { .. } | Check::Unavailable => {}
            // Whatever else happens, it will be let pass as it should be, or be refused.
            Check::Loaded { stale: false, .. } => {
                actions.extend([Action::LookAtClock, Action::Tick(Clocks::RIGHT)]);
            }
            _ => actions.extend(&self.steps),
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = action.take(&self.config, state)?;
        settle(&self.config, &mut next);
        (next != *state).then_some(next)
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.db.rows.iter().flatten().all(|row| row.renewals <= RENEWALS)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::<Self>::always(PROMISE, |_, state| state.check != Check::Admitted { stale: true }),
            Property::<Self>::always(DURABLE, |_, state| state.acknowledged <= state.db.seq),
        ];
        if self.config.remembers {
            properties.extend([
                Property::<Self>::sometimes(SEEN[0], |_, state| state.history.acknowledged_by_all),
                Property::<Self>::sometimes(SEEN[1], |_, state| state.history.acknowledged_by_timer),
                Property::<Self>::sometimes(SEEN[2], |_, state| state.history.returned),
                Property::<Self>::sometimes(SEEN[3], |_, state| state.history.adopted),
                Property::<Self>::sometimes(SEEN[4], |_, state| {
                    state.check == Check::Admitted { stale: false }
                }),
                Property::<Self>::sometimes(SEEN[5], |_, state| state.check == Check::Unavailable),
            ]);
        }
        properties
    }
}
