use std::collections::HashSet;

use stateright::Model;

use super::{representative, settle};
use crate::config::{ANY, Config};
use crate::fleet::Fleet;
use crate::state::{Check, State};

#[test]
fn what_is_made_one_hides_no_state() {
    let few_rows = Config { spare_ids: 0, ..Config::PLAIN };
    for config in [
        Config { late: true, repeats: 1, ..few_rows },
        Config { prune: true, reloads: true, crashes: ANY, ..few_rows },
        Config { changes: 2, ..few_rows },
        Config { lease: 2, margin: 1, drift: true, hosts: true, failovers: 1, ..few_rows },
        Config::PLAIN,
    ] {
        let few: HashSet<State> = reachable(config).iter().map(representative).collect();
        let whole = reachable(Config { reduced: false, ..config });
        assert!(whole.len() > 2 * few.len(), "{} states were made {} of", whole.len(), few.len());
        for mut state in whole {
            let found = state;
            settle(&config, &mut state);
            // A run ends with its check's verdict, and a check that has to be refused has it at once.
            if state.check != Check::Unavailable {
                assert!(few.contains(&representative(&state)), "not among those searched:\n{found}");
            }
        }
    }
}

fn reachable(config: Config) -> HashSet<State> {
    let fleet = Fleet::new(config);
    let mut pending = fleet.init_states();
    let mut seen: HashSet<State> = pending.iter().copied().collect();
    while let Some(state) = pending.pop() {
        let next = fleet.next_states(&state).into_iter().filter(|next| fleet.within_boundary(next));
        pending.extend(next.filter(|next| seen.insert(*next)));
    }
    seen
}
