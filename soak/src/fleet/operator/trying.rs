//! How an operator gets something done: through one node after another, until one acknowledges it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Done, Operator, PATIENCE, TRIES, Wish};
use crate::clock::{self, Moment};
use crate::history::{Event, Mutation, Outcome, Rights};
use crate::http::{Lost, Reply, Request};

impl Operator {
    /// Tries until it is acknowledged, through one node after another.
    pub(crate) async fn wish(&mut self, wish: &Wish) -> Done {
        let mut clean = true;
        for _ in 0..TRIES {
            let (node, sent) = (self.random.below(self.wires.len()), clock::now());
            let reply = self.wires[node].ask(&wish.request, PATIENCE).await;
            let outcome = outcome(&reply);
            self.tell(node, wish.kind, wish.subject.clone(), None, wish.aspects.clone(), sent, &reply);
            match (outcome, &reply) {
                (Outcome::Acknowledged, _) => return if clean { Done::Cleanly } else { Done::Loosely },
                (Outcome::Unknown, _) => clean = false,
                (Outcome::Refused, Ok(reply)) if ![409, 429].contains(&reply.status) => {
                    let said =
                        format!("{} of {}: {} {}", wish.kind, wish.subject, reply.status, reply.said());
                    self.world.history.note(clock::now(), said);
                    return Done::Not;
                }
                (Outcome::Refused, _) => {}
            }
            tokio::time::sleep(self.random.millis(20, 200)).await;
        }
        Done::Not
    }

    /// Makes something, through one node after another; what the answer says of it. Of what may have been made without an
    /// answer nobody knows the name.
    pub(super) async fn make(
        &mut self,
        path: &str,
        body: &(dyn Fn(usize) -> Value + Sync),
        kind: &'static str,
        aspects: Vec<(&'static str, Rights)>,
        under: Option<String>,
        subject: &(dyn Fn(&Value) -> String + Sync),
    ) -> Option<Value> {
        let bearer = if path == "/v1/sessions" { "" } else { &self.world.key }.to_owned();
        for tried in 0..TRIES {
            let (node, sent) = (self.random.below(self.wires.len()), clock::now());
            let request = Request::new("POST", path, &bearer).with(body(tried));
            let reply = self.wires[node].ask(&request, PATIENCE).await;
            match (outcome(&reply), &reply) {
                (Outcome::Acknowledged, Ok(answer)) => {
                    let made = answer.json();
                    self.tell(node, kind, subject(&made), under, aspects, sent, &reply);
                    return Some(made);
                }
                (Outcome::Refused, Ok(reply)) if ![409, 429].contains(&reply.status) => {
                    let said = format!("{kind} at {path}: {} {}", reply.status, reply.said());
                    self.world.history.note(clock::now(), said);
                    return None;
                }
                _ => tokio::time::sleep(self.random.millis(20, 200)).await,
            }
        }
        None
    }

    #[expect(clippy::too_many_arguments, reason = "an event has as many parts")]
    fn tell(
        &self,
        node: usize,
        kind: &str,
        subject: String,
        under: Option<String>,
        aspects: Vec<(&'static str, Rights)>,
        sent: Moment,
        reply: &Result<Reply, Lost>,
    ) {
        let aspects: BTreeMap<_, _> =
            aspects.into_iter().map(|(name, held)| (name.to_owned(), held)).collect();
        self.world.history.write(Event::Mutation(Mutation {
            node: self.world.nodes[node].name().to_owned(),
            kind: kind.to_owned(),
            subject,
            under,
            aspects,
            sent,
            answered: clock::now(),
            outcome: outcome(reply),
            status: reply.as_ref().map_or(0, |reply| reply.status),
        }));
    }
}

fn outcome(reply: &Result<Reply, Lost>) -> Outcome {
    match reply {
        Ok(Reply { status: 200..300, .. }) => Outcome::Acknowledged,
        Ok(Reply { status: 400..500, .. }) | Err(Lost::Unsent) => Outcome::Refused,
        Ok(_) | Err(Lost::Unanswered) => Outcome::Unknown,
    }
}
