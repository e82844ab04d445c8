//! The requests, one after the other, and what is learnt from them.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::corpus::{Aim, COOKIES, HEADER_TRICKS, METHODS, Places, TARGETS, expand};
use super::fault::{Fault, Gateway};
use super::judge::{self, Plain, Probe};
use super::report::{QUESTION, Word, latin1, nonce};
use super::told::{Outcome, Told};
use super::wire::{Origin, Silence};
use crate::clock::OsEntropy;
use crate::failure::Failure;
use crate::output::Output;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// After how many requests something is said of them.
const STRIDE: usize = 25;

/// What to look at, and by what means.
pub(super) struct Survey<'a> {
    pub(super) gateway: Origin,
    pub(super) upstream: Option<Origin>,
    pub(super) places: Places<'a>,
    /// The canary's; without it only statuses are seen.
    pub(super) word: Option<Word>,
    pub(super) token: Option<&'a SecretString>,
    pub(super) output: Output,
}

impl Survey<'_> {
    /// Sends everything. An error is a question that cannot be put: no gateway, or paths that are not what was said.
    pub(super) async fn run(&self) -> Result<Told, Failure> {
        let mut told = Told { by_canary: self.word.is_some(), ..Told::default() };
        let as_it_is = self.begin(&mut told).await?;
        if told.any_bad() {
            return Ok(told);
        }
        self.without_token(&mut told).await;
        let probes = self.probes();
        let mut over = std::pin::pin!(sleep(PATIENCE));
        for (index, probe) in probes.iter().enumerate() {
            tokio::select! {
                biased;
                () = &mut over => {
                    let left = probes.len() - index;
                    told.notes.push(format!("{left} requests were left out, for three minutes are over"));
                    break;
                }
                outcome = self.ask(&self.gateway, probe, true, &mut told) => self.learn(probe, &outcome, as_it_is, &mut told),
            }
            if (index + 1) % STRIDE == 0 {
                self.output.note(&format!("{} of {} sent", index + 1, probes.len()));
            }
        }
        told.notes.push(if told.by_canary {
            format!("{} requests sent, of which {} arrived at the canary", told.sent, told.arrived)
        } else {
            format!(
                "{} requests sent, judged by the statuses of their answers alone: with a canary more is seen (symbolon \
                 doctor canary)",
                told.sent
            )
        });
        self.around(&mut told).await;
        Ok(told)
    }

    /// What is so without tricks.
    async fn begin(&self, told: &mut Told) -> Result<Plain, Failure> {
        let (open, closed) = (plain("plain", self.places.open), plain("plain", self.places.closed));
        let mut found = Plain { token: self.token.is_some(), ..Plain::default() };
        let outcome = self.ask(&self.gateway, &open, true, told).await;
        match &outcome {
            Outcome::Arrived(report) => {
                if report.target.as_bytes() != self.places.open.as_bytes() {
                    told.add(Fault::Rewritten, &open, &outcome);
                }
                found.identity = report.header("x-symbolon-principal").is_some();
                if !found.identity {
                    told.add(Fault::NoIdentity, &open, &outcome);
                }
                if found.token && (report.header("authorization").is_some()) {
                    told.add(Fault::Credential, &open, &outcome);
                }
            }
            Outcome::Silent(silence) => {
                return Err(Failure::new(format!("{}: {silence}", self.gateway.authority)));
            }
            Outcome::Answered(status) if self.word.is_some() => {
                // Where a gateway does not say what is asked about, a client might.
                let instead = self.said_by_client();
                let outcome = self.ask(&self.gateway, &instead, true, told).await;
                if matches!(outcome, Outcome::Arrived(_)) {
                    told.add(Fault::HeaderBelieved, &instead, &outcome);
                    return Ok(found);
                }
                return Err(Failure::new(format!(
                    "{} was answered with {status} and did not reach the canary, so nothing could be learnt; see that the \
                     gateway passes requests on to the canary, that the word is the one it printed, and that the caller \
                     may GET that path",
                    self.places.open
                )));
            }
            Outcome::Answered(status) if !(200..300).contains(status) => {
                return Err(Failure::new(format!(
                    "{} was answered with {status}, so nothing could be learnt; name a path in --open that the caller may \
                     GET",
                    self.places.open
                )));
            }
            Outcome::Answered(_) => {}
        }
        // Without a credential, what is not Symbolon's may be left to the application's own login.
        if let Outcome::Arrived(report) = self.ask(&self.gateway, &closed, false, told).await {
            found.passthrough = report.header("x-symbolon-principal") == Some("none");
        }
        if found.passthrough {
            told.notes
                .push("requests without a credential are left to the application's own login".to_owned());
            if !found.token {
                return Err(Failure::usage(
                    "requests without a credential are left to the application's own login, so set SYMBOLON_TOKEN to a \
                     token that may GET the open path",
                ));
            }
        }
        match self.ask(&self.gateway, &closed, true, told).await {
            Outcome::Arrived(report) if report.header("x-symbolon-principal") == Some("refused") => {
                return Err(Failure::new(
                    "Symbolon only watches this service, and lets pass what it would refuse; enforce it first",
                ));
            }
            Outcome::Arrived(report) if found.identity && report.header("x-symbolon-principal").is_some() => {
                return Err(Failure::usage(format!(
                    "Symbolon allows this caller {0}; name a path in --canary that it must not reach",
                    self.places.closed
                )));
            }
            outcome @ (Outcome::Arrived(_) | Outcome::Answered(200..300)) => {
                told.add(Fault::Unguarded, &closed, &outcome);
            }
            Outcome::Answered(_) | Outcome::Silent(_) => {}
        }
        Ok(found)
    }

    /// Whether Symbolon's cookie arrives where a request passes without a token, beside which no cookie may.
    async fn without_token(&self, told: &mut Told) {
        for path in [self.places.open, self.places.closed] {
            let headers = vec![("Cookie", COOKIES.to_owned())];
            let probe = Probe { headers, ..plain("Symbolon's session cookie, without a token", path) };
            let outcome = self.ask(&self.gateway, &probe, false, told).await;
            if let Outcome::Arrived(report) = &outcome
                && judge::has_own_cookie(report)
            {
                told.add(Fault::OwnCookie, &probe, &outcome);
            }
        }
    }

    /// The open path, with all that a gateway should say of it said by the client.
    fn said_by_client(&self) -> Probe {
        let methods = ["X-Original-Method", "X-Forwarded-Method", "X-Haproxy-Method"];
        let targets = ["X-Original-URI", "X-Forwarded-Uri", "X-Haproxy-Uri"];
        let methods = methods.map(|name| (name, "GET".to_owned()));
        let targets = targets.map(|name| (name, self.places.open.to_owned()));
        let headers = [methods, targets].concat();
        Probe { headers, ..plain("what only a gateway should say", self.places.open) }
    }

    /// Everything that is tried.
    fn probes(&self) -> Vec<Probe> {
        let targets = TARGETS
            .iter()
            .map(|confusion| Probe { target: confusion.target(self.places), ..plain(confusion.name, "") });
        let methods = METHODS.iter().flat_map(|method| {
            [self.places.open, self.places.closed]
                .map(|path| Probe { method, ..plain("a method that is none", path) })
        });
        let tricks = HEADER_TRICKS.iter().map(|trick| {
            let path = if trick.aim == Aim::Open { self.places.open } else { self.places.closed };
            let value = |value: &str| latin1(&expand(value.as_bytes(), self.places));
            let headers = trick.headers.iter().map(|(name, text)| (*name, value(text))).collect();
            Probe { method: trick.method, headers, refused: trick.refused, ..plain(trick.name, path) }
        });
        let everywhere = Probe { method: "OPTIONS", ..plain("the asterisk form", "*") };
        targets.chain(methods).chain(tricks).chain([everywhere]).collect()
    }

    /// Puts one request.
    async fn ask(&self, origin: &Origin, probe: &Probe, with_token: bool, told: &mut Told) -> Outcome {
        let nonce = nonce(&OsEntropy);
        let mut request = Zeroizing::new(Vec::new());
        request.extend([probe.method.as_bytes(), b" ", &probe.target, b" HTTP/1.1\r\nHost: "].concat());
        request.extend(origin.authority.as_bytes());
        request.extend(b"\r\nUser-Agent: symbolon-doctor\r\n");
        if !probe.headers.iter().any(|(name, _)| *name == "Connection") {
            request.extend(b"Connection: close\r\n");
        }
        if let Some(word) = &self.word {
            request.extend(format!("{QUESTION}: {}\r\n", word.question(&nonce)).as_bytes());
        }
        if let Some(token) = self.token.filter(|_| with_token) {
            request.extend([b"Authorization: Bearer ", token.expose_secret().as_bytes(), b"\r\n"].concat());
        }
        for (name, value) in &probe.headers {
            request.extend(format!("{name}: {value}\r\n").as_bytes());
        }
        request.extend(b"\r\n");
        let answer = origin.send(&request).await;
        told.sent += 1;
        match answer {
            Ok(answer) => {
                told.gateway = told.gateway.or_else(|| Gateway::named(&answer.server));
                let report = self.word.as_ref().and_then(|word| word.report(&nonce, &answer.body));
                told.arrived += usize::from(report.is_some());
                report.map_or(Outcome::Answered(answer.status), Outcome::Arrived)
            }
            Err(silence) => Outcome::Silent(silence),
        }
    }

    fn learn(&self, probe: &Probe, outcome: &Outcome, as_it_is: Plain, told: &mut Told) {
        let faults = match outcome {
            Outcome::Arrived(report) => judge::arrived(probe, report, self.places, as_it_is),
            // An outage, also where nginx says it so.
            Outcome::Answered(429 | 500 | 502..=504) => vec![Fault::Unclear],
            Outcome::Answered(status) if self.word.is_none() => {
                judge::answered(probe, *status, self.places).into_iter().collect()
            }
            // A connection that is closed is a refusal too.
            Outcome::Answered(_) | Outcome::Silent(Silence::Closed) => Vec::new(),
            Outcome::Silent(_) => vec![Fault::Unclear],
        };
        for fault in faults {
            told.add(fault, probe, outcome);
        }
    }

    /// Whether the application can be reached without the gateway.
    async fn around(&self, told: &mut Told) {
        let Some(upstream) = &self.upstream else { return };
        let probe = plain("around the gateway", self.places.closed);
        let outcome = self.ask(upstream, &probe, false, told).await;
        match outcome {
            Outcome::Arrived(_) | Outcome::Answered(_) => told.add(Fault::Direct, &probe, &outcome),
            Outcome::Silent(silence) => {
                told.notes.push(format!("{} cannot be reached from here ({silence})", upstream.authority));
            }
        }
    }
}

/// A request without a trick.
fn plain(name: &'static str, path: &str) -> Probe {
    Probe { name, method: "GET", target: path.into(), headers: Vec::new(), refused: false }
}
