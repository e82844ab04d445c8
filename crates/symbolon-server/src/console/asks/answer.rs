//! What is said to an ask: lending, denying, and ending what was lent.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use symbolon_api::client::ClientError;
use symbolon_api::{ApproveAsk, DenyAsk};

use super::show;
use crate::console::Site;
use crate::console::fault::Fault;
use crate::console::fields::Fields;
use crate::console::page;
use crate::console::posted::Posted;
use crate::console::problems::Problems;
use crate::console::reader::Reader;

/// What a form approves: exactly the scopes that are ticked, none of them where none is, and exactly so long. Left out they would
/// mean all that is asked for.
fn approval(fields: &Fields) -> ApproveAsk {
    ApproveAsk {
        scopes: Some(fields.all("scope").map(str::to_owned).collect()),
        duration: Some(fields.text("duration").to_owned()),
        note: note(fields),
    }
}

/// A word to who asked. A browser sends line ends as CR LF.
fn note(fields: &Fields) -> Option<String> {
    fields.given("note").map(|note| note.replace("\r\n", "\n"))
}

/// Lends what is ticked. It holds when the answer comes.
pub(super) async fn approve(
    State(site): State<Site>,
    Path(id): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    match reader.api.approve_ask(&id, &approval(&fields)).await {
        Ok(ask) => Ok(Redirect::to(&format!("/asks/{}?done=lent", ask.id)).into_response()),
        Err(error) => again(&site, &reader, &id, &fields, error).await,
    }
}

/// Denies all of it, whatever is ticked.
pub(super) async fn deny(
    State(site): State<Site>,
    Path(id): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    match reader.api.deny_ask(&id, &DenyAsk { note: note(&fields) }).await {
        Ok(ask) => Ok(Redirect::to(&format!("/asks/{}?done=ask_denied", ask.id)).into_response()),
        Err(error) => again(&site, &reader, &id, &fields, error).await,
    }
}

/// Ends what was lent, or takes back what was not answered. What is over by itself meanwhile is over too.
pub(super) async fn end(
    State(site): State<Site>,
    Path(id): Path<String>,
    Posted { reader, fields }: Posted,
) -> Result<Response, Fault> {
    match reader.api.end_ask(&id).await {
        Ok(()) => Ok(Redirect::to(&format!("/asks/{id}?done=ask_ended")).into_response()),
        Err(error) => again(&site, &reader, &id, &fields, error).await,
    }
}

/// The page as the ask is now, with what was typed and what was wrong with it.
async fn again(
    site: &Site,
    reader: &Reader,
    id: &str,
    fields: &Fields,
    error: ClientError,
) -> Result<Response, Fault> {
    let problem = *Fault::from(error).problem()?;
    let ask = reader.api.get_ask(id, None).await?;
    let catalog = reader.api.service(&ask.service).await?;
    let problems = Problems::of(problem, &["scopes", "duration", "note"]);
    Ok(page::again(&show::of(site, reader, &catalog, ask, fields, problems)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ticked_is_not_lent_and_nothing_is_lent_where_nothing_is() {
        let scopes = |text: &str| approval(&Fields::read(text.as_bytes())).scopes.unwrap();
        assert_eq!(scopes("scope=read%3Ajobs&duration=10m"), ["read:jobs"]);
        assert!(scopes("duration=10m").is_empty());
    }

    #[test]
    fn a_field_that_was_emptied_does_not_mean_as_long_as_was_asked_for() {
        let approval = approval(&Fields::read(b"scope=a&duration=+&note=a%0D%0Ab"));
        assert_eq!((approval.duration.as_deref(), approval.note.as_deref()), (Some(""), Some("a\nb")));
    }
}
