//! What everybody in a run shares: the fleet, who there is to be asked about, and the history.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::database::Database;
use super::node::Node;
use crate::clock::{self, Moment};
use crate::history::{Answer, Check, Event, History};
use crate::http::{Lost, Reply, Request, Wire};

/// Rights to be asked about: `agent:write` is for an operator's tokens alone.
pub(crate) const RIGHTS: [&str; 3] = ["read:printers", "read:models", "agent:write"];
/// What is left of them to a viewer.
pub(crate) const OF_A_VIEWER: [&str; 2] = ["read:printers", "read:models"];
/// How long a check is waited for: longer than any node is stopped.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Of how many it is remembered that they were changed lately.
const RECENT: usize = 400;

/// A token or a session, with its secret.
#[derive(Debug)]
pub(crate) struct Held {
    /// Its id.
    pub(crate) subject: String,
    pub(crate) secret: String,
    pub(crate) session: bool,
}

/// What everybody shares.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) database: Arc<Database>,
    pub(crate) history: History,
    /// The system key.
    pub(crate) key: String,
    /// Everybody that was ever made.
    all: Mutex<Vec<Arc<Held>>>,
    /// Who was changed lately; they are asked about most.
    recent: Mutex<VecDeque<Arc<Held>>>,
    /// Connections that nobody uses just now, for each node.
    idle: Vec<Mutex<Vec<Wire>>>,
    stop: watch::Sender<bool>,
}

impl World {
    pub(crate) fn new(nodes: Vec<Arc<Node>>, database: Arc<Database>, history: History, key: String) -> Self {
        let idle = nodes.iter().map(|_| Mutex::default()).collect();
        let stop = watch::Sender::new(false);
        Self { nodes, database, history, key, all: Mutex::default(), recent: Mutex::default(), idle, stop }
    }

    /// A request in the name of the system key.
    pub(crate) fn request(&self, method: &'static str, path: impl Into<String>) -> Request {
        Request::new(method, path, &self.key)
    }

    /// A connection to each node.
    pub(crate) fn wires(&self) -> Vec<Wire> {
        self.nodes.iter().map(|node| Wire::to(node.management)).collect()
    }

    /// Lets the load, the operators and the faults come to their ends.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether they are to.
    pub(crate) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for so long, or until all is to end; whether it goes on.
    pub(crate) async fn pause(&self, wait: Duration) -> bool {
        let mut stop = self.stop.subscribe();
        let stopped = tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await;
        stopped.is_err()
    }

    /// Remembers somebody new.
    pub(crate) fn made(&self, held: &Arc<Held>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(held));
        self.changed(held);
    }

    /// Remembers that somebody was changed.
    pub(crate) fn changed(&self, held: &Arc<Held>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= RECENT {
            recent.pop_front();
        }
        recent.push_back(Arc::clone(held));
    }

    /// Somebody who was changed lately, by a number.
    pub(crate) fn one_recent(&self, number: usize) -> Option<Arc<Held>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(number % recent.len().max(1)).cloned()
    }

    /// Everybody that was ever made.
    pub(crate) fn everybody(&self) -> Vec<Arc<Held>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks every node at once, and waits for none: this is the check that a broken promise would pass.
    pub(crate) fn ask_all_at_once(self: &Arc<Self>, held: &Arc<Held>, right: &'static str) {
        for node in 0..self.nodes.len() {
            let (world, held) = (Arc::clone(self), Arc::clone(held));
            tokio::spawn(async move {
                let idle = world.idle[node].lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut wire = idle.unwrap_or_else(|| Wire::to(world.nodes[node].management));
                world.ask(node, &mut wire, &held, right).await;
                world.idle[node].lock().unwrap_or_else(PoisonError::into_inner).push(wire);
            });
        }
    }

    /// Asks a node, and writes down what it answered.
    pub(crate) async fn ask(&self, node: usize, wire: &mut Wire, held: &Held, right: &str) {
        let request = if held.session {
            Request::new("GET", "/v1/services/odin", &held.secret)
        } else {
            let body = json!({"token": held.secret, "scopes": [right]});
            self.request("POST", "/v1/services/odin/verify").with(body)
        };
        let sent = clock::now();
        let reply = wire.ask(&request, PATIENCE).await;
        let answer = if held.session { of_a_request(&reply) } else { of_a_question(&reply) };
        self.asked(node, held, right, sent, answer);
    }

    /// Sends a request through the node's proxy, and writes down whether it passed.
    pub(crate) async fn pass(&self, node: usize, wire: &mut Wire, held: &Held, right: &str) {
        let request = match right {
            "agent:write" => Request::new("PATCH", "/api/alerts/1/read", &held.secret),
            _ => Request::new("GET", "/api/models", &held.secret),
        };
        let right = if right == "agent:write" { right } else { "read:models" };
        let sent = clock::now();
        let answer = of_a_request(&wire.ask(&request, PATIENCE).await);
        self.asked(node, held, right, sent, answer);
    }

    fn asked(&self, node: usize, held: &Held, right: &str, sent: Moment, answer: Answer) {
        self.history.write(Event::Check(Check {
            node: self.nodes[node].name().to_owned(),
            subject: held.subject.clone(),
            right: right.to_owned(),
            sent,
            answered: clock::now(),
            answer,
        }));
    }
}

/// No limit is set here, so that this is how a bad credential is refused where many have come from one place.
const TOO_MANY: u16 = 429;

/// What the reply to a request says of whoever sent it.
fn of_a_request(reply: &Result<Reply, Lost>) -> Answer {
    match reply.as_ref().map(|reply| reply.status) {
        Ok(200) => Answer::Allowed,
        Ok(401 | 403 | TOO_MANY) => Answer::Denied,
        Ok(503) => Answer::Unavailable,
        Ok(_) => Answer::Other,
        Err(_) => Answer::Nothing,
    }
}

/// What the reply to a question says of whom was asked about.
fn of_a_question(reply: &Result<Reply, Lost>) -> Answer {
    let Ok(reply) = reply else { return Answer::Nothing };
    let said = reply.json();
    match (reply.status, said["allowed"].as_bool(), said["status"].as_u64()) {
        (200, Some(true), _) => Answer::Allowed,
        (503, ..) | (200, _, Some(503)) => Answer::Unavailable,
        (200, Some(false), Some(401 | 403 | 429)) => Answer::Denied,
        _ => Answer::Other,
    }
}

/// So many, each with a moment from which on it may be taken, spread evenly over a time.
#[derive(Debug)]
pub(crate) struct Tickets {
    taken: AtomicUsize,
    total: usize,
    begin: Moment,
    length: Duration,
}

impl Tickets {
    pub(crate) fn new(total: usize, begin: Moment, length: Duration) -> Self {
        Self { taken: AtomicUsize::new(0), total, begin, length }
    }

    /// Waits for the next; whether there is one.
    pub(crate) async fn take(&self, world: &World) -> bool {
        let number = self.taken.fetch_add(1, Ordering::SeqCst);
        if number >= self.total {
            return false;
        }
        let (number, total) =
            (u32::try_from(number).unwrap_or(u32::MAX), u32::try_from(self.total).unwrap_or(1));
        let due = clock::after(self.begin, self.length / total.max(1) * number);
        !world.stopped() && world.pause(clock::between(clock::now(), due)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_allowed_denied_or_that_nothing_can_be_known() {
        let reply = |status, body: &str| Ok(Reply { status, body: body.as_bytes().to_vec() });
        for (status, body, answer) in [
            (200, r#"{"allowed":true,"status":200}"#, Answer::Allowed),
            (200, r#"{"allowed":false,"status":401}"#, Answer::Denied),
            (200, r#"{"allowed":false,"status":403}"#, Answer::Denied),
            (200, r#"{"allowed":false,"status":429}"#, Answer::Denied),
            (200, r#"{"allowed":false,"status":503}"#, Answer::Unavailable),
            (503, "{}", Answer::Unavailable),
            (401, "{}", Answer::Other),
            (200, "", Answer::Other),
        ] {
            assert_eq!(of_a_question(&reply(status, body)), answer, "{status} {body}");
        }
        for (status, answer) in [
            (200, Answer::Allowed),
            (401, Answer::Denied),
            (403, Answer::Denied),
            (503, Answer::Unavailable),
            (429, Answer::Denied),
            (500, Answer::Other),
        ] {
            assert_eq!(of_a_request(&reply(status, "")), answer);
        }
        assert_eq!(of_a_request(&Err(Lost::Unanswered)), Answer::Nothing);
    }
}
