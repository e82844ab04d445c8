//! Which of the finds live, and their end.

use std::io::{BufRead, Write, stderr, stdin};

use secrecy::ExposeSecret;
use symbolon_api::client::Client;
use symbolon_api::{FoundSecret, Leak, LookUpLeaks};

use super::told::lives;
use crate::failure::Failure;
use crate::output::complain;
use crate::scanning::{Found, Place};

/// How many are asked about at once.
const ASKED: usize = 500;
/// How many are taken back at once: each is written to a disk before the answer.
const TAKEN: usize = 50;

/// What the server knows of each find, in their order; those that live are taken back if `revoke` says so.
pub(super) async fn known(
    client: &Client,
    found: &[Found],
    revoke: bool,
    yes: bool,
) -> Result<Vec<Leak>, Failure> {
    let mut known = Vec::with_capacity(found.len());
    for some in found.chunks(ASKED) {
        known.extend(ask(client, some.iter(), false).await?);
    }
    // The key that this command itself presents comes last: after it there is nothing more to be done with it.
    let mut ending: Vec<usize> = (0..known.len()).filter(|at| lives(&known[*at])).collect();
    ending.sort_by_key(|at| known[*at].own_key);
    if !revoke || ending.is_empty() || !(yes || agreed(&known, &ending)?) {
        return Ok(known);
    }
    let (own, others): (Vec<usize>, Vec<usize>) = ending.into_iter().partition(|at| known[*at].own_key);
    for some in others.chunks(TAKEN).chain(own.chunks(TAKEN)) {
        for (at, leak) in some.iter().zip(ask(client, some.iter().map(|at| &found[*at]), true).await?) {
            known[*at] = leak;
        }
    }
    Ok(known)
}

async fn ask(
    client: &Client,
    found: impl Iterator<Item = &Found>,
    revoke: bool,
) -> Result<Vec<Leak>, Failure> {
    let found: Vec<_> = found
        .map(|found| FoundSecret {
            secret: found.find.secret().expose_secret().to_owned(),
            place: place(found),
        })
        .collect();
    let asked = found.len();
    let leaks = client.look_up_leaks(&LookUpLeaks { found, revoke: revoke.then_some(true) }).await?.items;
    if leaks.len() == asked {
        Ok(leaks)
    } else {
        Err(Failure::new("the server did not answer for each of them; is it of this version?"))
    }
}

/// Where it was found first, as the audit will have it.
fn place(found: &Found) -> String {
    let shown = found.places.first().map_or_else(|| "somewhere".to_owned(), Place::shown);
    let end = (0..=shown.len().min(900)).rev().find(|at| shown.is_char_boundary(*at)).unwrap_or_default();
    match found.places.len() as u64 - 1 + found.more {
        0 => shown[..end].to_owned(),
        more => format!("{} and {more} more", &shown[..end]),
    }
}

/// Asks whoever sits there.
fn agreed(known: &[Leak], ending: &[usize]) -> Result<bool, Failure> {
    let keys = ending.iter().filter(|at| known[**at].key.is_some()).count();
    if ending.iter().any(|at| known[*at].own_key) {
        complain("The key that this command presents is among them; it is taken back last.");
    }
    let mut err = stderr().lock();
    // Where nobody can be asked nobody agrees.
    let _ = write!(err, "Take back {} tokens and {keys} keys for ever? [y/N] ", ending.len() - keys);
    let _ = err.flush();
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).map_err(Failure::new)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
