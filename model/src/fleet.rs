//! The fleet as a model that can be searched: its steps, and what must hold in every state of it.

use stateright::{Model, Property};

use crate::action::Action;
use crate::config::Config;
use crate::reduce::settle;
use crate::state::{Check, State};
use crate::time::Odd;

/// What no state may break.
pub const PROMISE: &str = "no node admits a token whose revocation was acknowledged before";
/// What no state may break.
pub const DURABLE: &str = "no acknowledged mutation is lost";

/// To how many renewals a row is followed where counts are not forgotten.
const RENEWALS: u8 = 3;

/// A configuration, ready to be searched.
#[derive(Clone, Debug)]
pub struct Fleet {
    config: Config,
    steps: Vec<Action>,
}

impl Fleet {
    /// Fails where the configuration has more nodes, rows or mutations than a state has room for.
    pub fn new(config: Config) -> Self {
        Self { config, steps: Action::all(&config) }
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
        match state.check {
            Check::Admitted { .. } | Check::Unavailable => {}
            // Whatever else happens, it will be let pass as it should be, or be refused.
            Check::Loaded { stale: false, .. } => actions.extend([Action::LookAtClock, Action::Tick(Odd::None)]),
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
                Property::<Self>::sometimes("acknowledged by all", |_, s| s.history.acknowledged_by_all),
                Property::<Self>::sometimes("acknowledged by the timer", |_, s| s.history.acknowledged_by_timer),
                Property::<Self>::sometimes("removed, and answers again", |_, s| s.history.returned),
                Property::<Self>::sometimes("admitted", |_, s| s.check == Check::Admitted { stale: false }),
                Property::<Self>::sometimes("unavailable", |_, s| s.check == Check::Unavailable),
            ]);
            if self.config.failovers > 0 {
                properties.push(Property::<Self>::sometimes("adopted", |_, s| s.history.adopted));
            }
        }
        properties
    }
}
