//! The same work by others: one bearer token of many, one scope, 200 or 401 or 403.
//!
//! Each rival has one processor, and the load has another. Symbolon runs on the same one, with a durable record, its
//! audit and its record of use; what is measured of it is the whole way of a request, through its proxy to an
//! application and back, since a rival's answer is its application's.

mod rivals;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::load::{Load, Wire};
use crate::results::{Answers, Missing, Peers, Rival as Found, Symbolon};
use crate::rounds::{Quantity, alternate};
use crate::server::Server;
use crate::stage::{Side, Stage, quantities};
use crate::{Outcome, Plan, complain, processors, world};

pub(crate) use rivals::ALL;
use rivals::Rival;

/// How many connections ask at once, and how many ask whoever is slow, for longer.
const CONNECTIONS: usize = 32;
const FEW_CONNECTIONS: usize = 4;
const LONGER: u32 = 4;

const TITLE_OF_DOOR: &str = "Symbolon asked by a gateway, the decision alone";
const SET_UP_OF_DOOR: &str =
    "the same process, at the endpoint that nginx asks; a gateway and an application are not counted";
const SET_UP: &str = "its server as `symbolon serve` runs it, over a durable record, with audit and use recorded: \
                      the proxy and a bare application behind it, the CPU time of both counted";

/// What a rival says when it serves.
#[derive(Deserialize)]
struct Ready {
    tokens: Vec<String>,
    narrow: Option<String>,
    versions: BTreeMap<String, String>,
}

/// How somebody is asked for something.
struct Question<'a> {
    path: &'a str,
    /// Lines of the head, each with its end.
    more: &'a str,
}

/// Measures the rivals whose tools are there, on one processor, with the load on another; `without` says of others why
/// they are not there.
pub(crate) fn measure(
    plan: Plan,
    folder: &Path,
    (servers, load): (usize, usize),
    tools: &BTreeMap<String, PathBuf>,
    without: &BTreeMap<String, String>,
) -> Outcome<Peers> {
    let stage = Stage::set(plan, folder, Some(servers))?;
    let _kept = processors::Kept::on(load)?;
    let arena = Arena { processor: servers, stage: &stage };
    let (mut found, mut missing) = (Vec::new(), Vec::<Missing>::new());
    complain("measuring Symbolon's own gateway endpoint");
    found.push(arena.own_door()?);
    for rival in &ALL {
        complain(&format!("measuring {}", rival.name));
        let outcome = match (tools.get(rival.tools), without.get(rival.tools)) {
            (Some(tools), _) => arena.beside(rival, tools),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => Err("what it needs is not installed".to_owned()),
        };
        match outcome {
            Ok(rival) => found.push(rival),
            Err(why) => {
                complain(&format!("{} is not measured: {why}", rival.name));
                missing.push(rival.missing(why));
            }
        }
    }
    let symbolon = Symbolon {
        set_up: SET_UP.to_owned(),
        answers: arena.answers(stage.symbolon.addresses[1], &WHOLE, &WHOLE_NARROW)?,
        memory: stage.symbolon.memory() + stage.upstream.memory(),
    };
    Ok(Peers { tokens: stage.plan.tokens, owners: world::OWNERS, symbolon, rivals: found, missing })
}

const WHOLE: Question<'_> = Question { path: "/api/printers", more: "" };
const WHOLE_NARROW: Question<'_> = Question { path: "/api/orders", more: "" };
const DOOR: Question<'_> = Question {
    path: "/gateway/nginx/odin",
    more: "X-Original-Method: GET\r\nX-Original-URI: /api/printers\r\nX-Original-Address: 127.0.0.1\r\n",
};
const DOOR_NARROW: Question<'_> = Question {
    path: "/gateway/nginx/odin",
    more: "X-Original-Method: GET\r\nX-Original-URI: /api/orders\r\nX-Original-Address: 127.0.0.1\r\n",
};

impl Question<'_> {
    fn of(&self, token: Option<&str>) -> Vec<u8> {
        let Self { path, more } = self;
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}{token}\r\n").into_bytes()
    }
}

struct Arena<'a> {
    processor: usize,
    stage: &'a Stage,
}

impl Arena<'_> {
    /// The endpoint for gateways beside the whole way.
    fn own_door(&self) -> Outcome<Found> {
        let symbolon = &self.stage.symbolon;
        let address = symbolon.addresses[2];
        let answers = self.answers(address, &DOOR, &DOOR_NARROW)?;
        answers.check()?;
        let requests = self.stage.world.tokens.iter().map(|token| DOOR.of(Some(token))).collect();
        let load = Load { address, connections: CONNECTIONS, requests, statuses: &[200] };
        let quantities = self.quantities(&Side { load, servers: vec![symbolon] }, self.stage.plan.round)?;
        Ok(Found {
            name: "symbolon-gateway".to_owned(),
            title: TITLE_OF_DOOR.to_owned(),
            set_up: SET_UP_OF_DOOR.to_owned(),
            versions: BTreeMap::from([("symbolon".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
            connections: CONNECTIONS,
            answers,
            memory: symbolon.memory(),
            quantities,
        })
    }

    /// Starts a rival, sees that it does the work, and measures it.
    fn beside(&self, rival: &Rival, tools: &Path) -> Outcome<Found> {
        let folder = self.stage.folder.path().join(rival.name);
        fs::create_dir(&folder).map_err(|why| why.to_string())?;
        let program = rival.program(tools, self.stage.plan.tokens, world::OWNERS);
        let (server, said) = Server::start_program(&program, &folder, Some(self.processor))?;
        let Ready { tokens, narrow, versions } =
            serde_json::from_str(&said).map_err(|why| format!("what it says when it serves: {why}"))?;
        let question = Question { path: rival.path, more: "" };
        let address = server.addresses[0];
        let good = tokens.first().ok_or("it made no token")?;
        let asked = [
            question.of(Some(good)),
            question.of(None),
            question.of(Some(GARBAGE)),
            narrow.map(|token| question.of(Some(&token))).unwrap_or_default(),
        ];
        let answers = self.statuses(address, &asked)?;
        answers.check()?;
        let requests: Arc<[Vec<u8>]> = tokens.iter().map(|token| question.of(Some(token))).collect();
        let (connections, longer) = if rival.slow { (FEW_CONNECTIONS, LONGER) } else { (CONNECTIONS, 1) };
        let load = Load { address, connections, requests, statuses: &[200] };
        let side = Side { load, servers: vec![&server] };
        let quantities = self.quantities(&side, self.stage.plan.round * longer)?;
        Ok(Found {
            name: rival.name.to_owned(),
            title: rival.title.to_owned(),
            set_up: rival.set_up.to_owned(),
            versions,
            connections,
            answers,
            memory: server.memory(),
            quantities,
        })
    }

    /// What a side does and costs, beside Symbolon's whole way with as many connections.
    fn quantities(&self, side: &Side<'_>, period: Duration) -> Outcome<Vec<Quantity>> {
        let stage = self.stage;
        let load = Load {
            address: stage.symbolon.addresses[1],
            connections: side.load.connections,
            requests: stage.world.tokens.iter().map(|token| WHOLE.of(Some(token))).collect(),
            statuses: &[200],
        };
        let symbolon = Side { load, servers: vec![&stage.symbolon, &stage.upstream] };
        let turns = alternate(stage.plan.rounds, 2, |which| match which {
            0 => stage.turn_of(side, period),
            _ => stage.turn(&symbolon),
        })?;
        Ok(quantities(&turns[0], &turns[1], |turn| turn.cpu_of_all))
    }

    /// What Symbolon answers: it tells scopes by the path that is asked for.
    fn answers(
        &self,
        address: std::net::SocketAddr,
        question: &Question<'_>,
        narrow: &Question<'_>,
    ) -> Outcome<Answers> {
        let token = self.stage.world.tokens.first().map(String::as_str);
        let asked = [question.of(token), question.of(None), question.of(Some(GARBAGE)), narrow.of(token)];
        self.statuses(address, &asked)
    }

    /// The statuses of a good token, none, garbage, and one without the scope, which may not be there.
    fn statuses(&self, address: std::net::SocketAddr, asked: &[Vec<u8>; 4]) -> Outcome<Answers> {
        let mut statuses = Vec::new();
        self.stage.runtime.block_on(async {
            for request in asked.iter().filter(|request| !request.is_empty()) {
                // Some close the connection after a refusal.
                let mut wire = Wire::connect(address).await?;
                statuses.push(wire.exchange_soon(request).await?.status);
            }
            Ok::<_, String>(())
        })?;
        let narrow = statuses.get(3).copied();
        Ok(Answers { good: statuses[0], none: statuses[1], garbage: statuses[2], narrow })
    }
}

/// Of the length of a token, and nobody's.
const GARBAGE: &str = "odin_0000000000000000000000000000000000000000000000000";
