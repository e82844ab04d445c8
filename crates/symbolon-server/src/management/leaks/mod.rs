//! Secrets that were found where they should not be: what they are, and what is done about it.

pub(super) mod github;
mod known;
mod leaked;

use axum::Json;
use axum::extract::State;
use symbolon_api::{FoundSecret, Leak, Leaks, LookUpLeaks};
use symbolon_core::Refusal;

use super::body::Body;
use super::caller::{Caller, Who};
use super::{settled, wire};
use crate::answer::ApiError;
use crate::app::App;
use crate::leaks::OnLeak;
use known::Known;
use leaked::Sighting;

/// The most that one call asks about.
const MAX_FOUND: usize = 1_000;
/// The longest secret that is looked at, in bytes.
const MAX_SECRET: usize = 8 * 1024;
/// The longest place that is written down, in bytes.
const MAX_PLACE: usize = 1_000;

/// Tell what secrets are that somebody has found, and take them back if that is asked for. For platform administrators
/// and the system key. What is taken back passes no check after this answer; the key of this very call is taken back last.
#[utoipa::path(
    post, path = "/v1/leaks", tag = "leaks",
    request_body = LookUpLeaks,
    responses((status = 200, body = Leaks)),
)]
pub(super) async fn look_up(
    State(app): State<App>,
    caller: Caller,
    Body { value, .. }: Body<LookUpLeaks>,
) -> Result<Json<Leaks>, ApiError> {
    caller.administrator()?;
    check(&value.found)?;
    let revoke = value.revoke == Some(true);
    let mut items = Vec::with_capacity(value.found.len());
    let mut own: Option<(Known, Vec<usize>)> = None;
    let mut failed = None;
    for (index, found) in value.found.iter().enumerate() {
        let outcome = match Known::of(&app, found.secret.as_bytes()).await {
            Ok(known) => {
                let leak = told(&app, &caller, &known);
                match revoke {
                    // Without it the others could not be taken back.
                    true if leak.own_key => {
                        own.get_or_insert_with(|| (known, Vec::new())).1.push(index);
                        Ok(leak)
                    }
                    true => taken_back(&app, &caller, leak, known, &found.place).await,
                    false => Ok(leak),
                }
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(leak) => items.push(leak),
            // What cannot be known or done of one hides none that stands behind it.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        // The call's own key stays, to ask again with.
        return Err(error);
    }
    // Once, wherever it was found: after that it has no right to be taken back by.
    if let Some((known, places)) = own {
        let first = places[0];
        let outcome =
            taken_back(&app, &caller, items[first].clone(), known, &value.found[first].place).await?;
        for index in places {
            items[index] = outcome.clone();
        }
    }
    // One may have been found to be gone after another was taken back.
    settled::read();
    Ok(Json(Leaks { items }))
}

fn check(found: &[FoundSecret]) -> Result<(), Refusal> {
    if !(1..=MAX_FOUND).contains(&found.len()) {
        return Err(Refusal::field("found", format!("1 to {MAX_FOUND} secrets")));
    }
    for (index, one) in found.iter().enumerate() {
        for (field, text, most) in [("secret", &one.secret, MAX_SECRET), ("place", &one.place, MAX_PLACE)] {
            if !(1..=most).contains(&text.len()) {
                return Err(Refusal::field(format!("found[{index}].{field}"), format!("1 to {most} bytes")));
            }
        }
    }
    Ok(())
}

fn told(app: &App, caller: &Caller, known: &Known) -> Leak {
    let none = Leak { state: "unknown".to_owned(), token: None, key: None, own_key: false, revoked: false };
    match known {
        Known::Token(token) => {
            let record = app.token_record(token);
            Leak { state: record.state.clone(), token: Some(record), ..none }
        }
        Known::Key(key) => {
            let own_key = matches!(&caller.who, Who::System(own) if *own == key.id);
            Leak {
                state: "active".to_owned(),
                key: key.record.as_ref().map(wire::key_record),
                own_key,
                ..none
            }
        }
        Known::Nothing => none,
    }
}

async fn taken_back(
    app: &App,
    caller: &Caller,
    leak: Leak,
    known: Known,
    place: &str,
) -> Result<Leak, ApiError> {
    let revoked = "revoked".to_owned();
    let (by, sighting) = (|| caller.by(), Sighting::at(place, None));
    Ok(match known {
        Known::Token(token) if leak.state != "revoked" => {
            let token = leaked::token(app, by, &token, &sighting, OnLeak::Revoke).await?;
            Leak { state: revoked, token: Some(app.token_record(&token)), revoked: true, ..leak }
        }
        Known::Key(key) => {
            leaked::key(app, by, &key, &sighting, OnLeak::Revoke).await?;
            Leak { state: revoked, revoked: true, ..leak }
        }
        _ => leak,
    })
}
