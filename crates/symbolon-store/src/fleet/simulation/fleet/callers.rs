//! Callers: they ask nodes about tokens, between any two steps of the others.

use symbolon_core::credential::Presented;
use symbolon_core::id::TokenId;
use symbolon_gate::Known;

use super::{Fleet, NODES, Outside, now};

/// How many of the tokens that were taken away last are tried more than others.
const LATELY: usize = 2;

impl Fleet {
    /// Somebody asks each node that is not stopped about what was taken away last, and one of them now and then about any.
    pub(super) fn ask(&self) {
        let world = &self.shared.world;
        let mut outside = self.shared.outside.lock().unwrap();
        for node in 0..NODES {
            if self.shared.faults.lock().unwrap().paused.contains(&node) {
                continue;
            }
            for at in 0..outside.lately.len() {
                self.ask_about(node, outside.lately[at], &mut outside);
            }
            if !outside.secrets.is_empty() && world.once_in(3) {
                let at = usize::try_from(world.below(outside.secrets.len() as u64)).unwrap();
                let id = *outside.secrets.keys().nth(at).unwrap();
                self.ask_about(node, id, &mut outside);
            }
        }
    }

    fn ask_about(&self, node: usize, id: TokenId, outside: &mut Outside) {
        let (secret, _) = &outside.secrets[&id];
        match self.gates[node].recognize(Presented::Secret(secret.as_bytes()), now()) {
            Err(symbolon_gate::Unavailable) => outside.told.unavailable += 1,
            Ok(Err(_)) => outside.told.refused += 1,
            Ok(Ok(Known::Token(..))) => {
                outside.told.admitted += 1;
                if outside.gone.contains(&id) || outside.off.contains(&id) {
                    outside.wrong =
                        Some(format!("node {node} admits {id} after it was said to be taken away"));
                }
            }
            Ok(Ok(other)) => outside.wrong = Some(format!("{other:?}")),
        }
    }
}

impl Outside {
    /// Callers try this one more than others from now on.
    pub(super) fn try_often(&mut self, id: TokenId) {
        if self.lately.len() == LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(id);
    }
}
