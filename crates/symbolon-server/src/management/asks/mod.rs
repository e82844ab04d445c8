//! Asks: a token says which scopes it lacks, and somebody lends them for a while, or does not. Who may see a token may see what
//! it asks; who could grant the scopes may lend them.

pub(super) mod answer;
pub(super) mod make;
pub(super) mod read;
mod waiting;

pub(crate) use self::waiting::WaitingCallers;

use std::sync::Arc;

use serde_json::{Value, json};
use symbolon_api::{AskRecord, AskingToken};
use symbolon_core::ask::{Answer, Ask, Said};
use symbolon_core::id::{AskId, UserId};
use symbolon_core::lifetime::Lifetime;
use symbolon_core::record::Token;
use symbolon_core::store::StoreError;
use symbolon_core::{Code, Refusal};

use super::caller::{Caller, Who};
use super::commit::Deed;
use super::wire::texts;
use crate::answer::ApiError;
use crate::app::App;

/// An ask, and the token that is to be lent something; `None` where the record of that cannot be read.
type Found = (Ask, Option<Arc<Token>>);

fn not_there() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such ask; they are forgotten after 30 days")
}

/// The ask of a path, if the caller may know of it: a token of its own, others of those of tokens that they see.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<Found, ApiError> {
    let Ok(id) = id.parse::<AskId>() else { return Err(not_there()) };
    let ask = app.store().ask(id).await?.ok_or_else(not_there)?;
    let token = token_of(app, &ask).await?;
    let seen = match &caller.who {
        // One that was revoked since it called is told that, and not what became of what it asked.
        Who::Token(own, _) if own.id == ask.token => {
            if token.as_ref().is_none_or(|token| token.revoked_at.is_some()) {
                return Err(ApiError::challenged(Code::InvalidToken));
            }
            true
        }
        Who::AtTheMachine | Who::System(_) => true,
        Who::Token(..) | Who::Verifier(..) => false,
        Who::User(_, user) => {
            let owns = token.as_ref().is_some_and(|token| token.owner == user.id);
            let service = app.gate().service(ask.service.as_str());
            owns || service.is_some_and(|service| {
                caller.operator().is_ok_and(|operator| operator.manages_others(&service.catalog))
            })
        }
    };
    if seen { Ok((ask, token)) } else { Err(not_there()) }
}

/// The token of an ask. As the gate knows it, or what revocation has left of it; of one that was approved as it is written, for
/// the record knows of a loan before the gate does, and what is lent must not be taken for what has ended.
async fn token_of(app: &App, ask: &Ask) -> Result<Option<Arc<Token>>, ApiError> {
    let lent = match &ask.answer {
        Some(Answer { said: Said::Approved { until, .. }, .. }) => *until > app.now(),
        _ => false,
    };
    if let Some(token) = app.gate().token(ask.token).filter(|_| !lent) {
        return Ok(Some(token));
    }
    match app.store().token(&ask.service, ask.token).await {
        Ok(token) => Ok(token.map(Arc::new)),
        // It counts as not there.
        Err(StoreError::SealBroken(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// For how long something is to be lent.
fn lasts(text: &str) -> Result<Lifetime, Refusal> {
    let lasts = text.parse().ok().filter(|lasts| *lasts != Lifetime::Never);
    lasts.ok_or_else(|| {
        Refusal::field("duration", "a whole number and a unit (s, m, h), such as 10m, at most 1d")
    })
}

impl App {
    /// The name of a user of this id; any other id.
    fn name_of(&self, id: &str) -> String {
        id.parse::<UserId>().map_or_else(|_| id.to_owned(), |user| self.user_name(user))
    }

    fn ask_record(&self, caller: &Caller, ask: &Ask, token: Option<&Token>) -> AskRecord {
        let (may_lend, may_deny) = may_answer(self, caller, ask, token);
        let (lent, until) = match &ask.answer {
            Some(Answer { said: Said::Approved { scopes, until }, .. }) => {
                (Some(texts(scopes)), Some(*until))
            }
            _ => (None, None),
        };
        let answer = ask.answer.as_ref();
        AskRecord {
            id: ask.id.to_string(),
            service: ask.service.to_string(),
            token: AskingToken {
                id: ask.token.to_string(),
                name: token.map_or_else(|| ask.token.to_string(), |token| token.name.clone()),
                token_prefix: token.map(|token| token.token_prefix.to_string()).unwrap_or_default(),
                owner: token.map(|token| self.user_name(token.owner)).unwrap_or_default(),
            },
            state: ask.state(token, self.now()).as_str().to_owned(),
            scopes: texts(&ask.scopes),
            duration: ask.lasts.to_string(),
            reason: ask.reason.clone(),
            asked_by: self.name_of(&ask.by),
            asked_at: ask.made_at.to_string(),
            lapses_at: ask.lapses_at().to_string(),
            lent,
            lent_until: until.map(|until| until.to_string()),
            answered_by: answer.map(|answer| self.name_of(&answer.by)),
            answered_at: answer.map(|answer| answer.at.to_string()),
            note: answer.map(|answer| answer.note.clone()).filter(|note| !note.is_empty()),
            may_lend,
            may_deny,
        }
    }
}

/// Whether a caller could lend something to the token, and whether they could deny what it asks.
fn may_answer(app: &App, caller: &Caller, ask: &Ask, token: Option<&Token>) -> (bool, bool) {
    let service = app.gate().service(ask.service.as_str());
    let owner = token.and_then(|token| app.gate().user(token.owner));
    let (Ok(operator), Some(service), Some(owner)) = (caller.operator(), service, owner) else {
        return (false, false);
    };
    let catalog = &service.catalog;
    (operator.gives_rights_to(catalog, &owner).is_ok(), operator.manages_tokens_of(catalog, &owner).is_ok())
}

/// What the audit says of an ask: it is done to the token.
fn deed<'a>(action: &'static str, ask: &'a Ask, token: Option<&Token>) -> Deed<'a> {
    let mut detail = json!({
        "ask": ask.id.to_string(),
        "name": token.map(|token| token.name.as_str()),
        "asked": texts(&ask.scopes),
        "duration": ask.lasts.to_string(),
    });
    let more: Vec<(&str, Value)> = match &ask.answer {
        None => vec![("reason", json!(ask.reason))],
        Some(Answer { said: Said::Approved { scopes, until }, note, .. }) => {
            vec![("lent", json!(texts(scopes))), ("until", json!(until.to_string())), ("note", json!(note))]
        }
        Some(Answer { note, .. }) => vec![("note", json!(note))],
    };
    if let Value::Object(detail) = &mut detail {
        detail.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
    Deed { action, subject: ask.token.to_string(), service: Some(&ask.service), detail }
}
