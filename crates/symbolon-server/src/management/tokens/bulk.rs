//! One thing done to many tokens: shown first, and then done as it was shown or not at all.

mod matching;
mod plan;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::json;
use symbolon_api::{
    BulkAction, BulkAnswer, BulkFilter, BulkItem, BulkNarrow, BulkOwn, BulkRevoke, BulkTokens,
};
use symbolon_core::id::UserId;
use symbolon_core::manage::{self, Narrowing, Operator, TokenEdit};
use symbolon_core::name::ScopeName;
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Room, StoreError};
use symbolon_core::{Catalog, Refusal, Timestamp};

use super::{asked, broken, change, owner_named};
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::Caller;
use crate::management::commit::{Deed, Terms};
use crate::management::parameters::{OfService, PathOf};
use crate::management::services;

/// How many of each outcome are told of.
const SHOWN: usize = 100;
/// The most scopes that are named: each is looked at for each token, and all stand in the audit.
const SCOPES: usize = 256;
/// Tokens judged at a time, before others have their turn.
const PIECE: usize = 256;

/// What is said of a token that could do more with its new owner than before.
const COMES_OUT_DISABLED: &str = "disabled: it could do more than before for whoever knows its secret; rotate it, the old one to end now, and enable it";

/// Do one thing to many tokens: revoke them, take scopes away, or give them to another owner. Without a `plan` nothing
/// is changed: the answer says what would be, and has the `plan` with which the same call does just that. Each token is
/// judged as in a call of its own; those that the caller may not change so are left alone and said to be. All changes
/// are made together or none is, and hold for every request that is decided after the answer. At most 10,000 tokens.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/bulk", tag = "tokens",
    params(OfService),
    request_body = BulkTokens,
    responses((status = 200, body = BulkAnswer)),
)]
pub(in crate::management) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    Body { value, .. }: Body<BulkTokens>,
) -> Result<Json<BulkAnswer>, ApiError> {
    let operator = caller.operator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    operator.manages(&catalog)?;
    let looked_at = value.plan.as_deref().map(plan::of_form).transpose()?;
    let act =
        Act::read(&app, &catalog, operator, &value.action).await.map_err(|error| error.within("action"))?;
    let tokens = matching::all(&app, &caller, &catalog, &value.filter).await?;
    let administrator = caller.administrator().is_ok();
    let bench = Bench { app: &app, catalog: &catalog, operator, administrator, act, now: app.now() };
    let judged = bench.judge_all(tokens).await;
    let plan = plan::of(&app, &value.action, &judged);
    match looked_at {
        None => return Ok(Json(answer(&app, plan, &judged, false))),
        Some(looked_at) if looked_at != plan => return Err(plan::outdated()),
        Some(_) => {}
    }
    let answer = answer(&app, plan, &judged, true);
    bench.make(&caller, &value, &answer, &judged).await?;
    Ok(Json(answer))
}

/// What is done to each token.
enum Act {
    Revoke,
    Narrow(Narrowing),
    Own(Arc<User>),
}

impl Act {
    async fn read(
        app: &App,
        catalog: &Catalog,
        operator: Operator<'_>,
        action: &BulkAction,
    ) -> Result<Self, ApiError> {
        let scopes = |listed: &Vec<String>, field: &str| {
            if !(1..=SCOPES).contains(&listed.len()) {
                return Err(Refusal::field(field, format!("name 1 to {SCOPES} scopes")));
            }
            asked::scopes_at(field, listed)
        };
        Ok(match action {
            BulkAction::Revoke(BulkRevoke {}) => Self::Revoke,
            BulkAction::Narrow(BulkNarrow::Remove(listed)) => {
                Self::Narrow(Narrowing::Remove(scopes(listed, "narrow.remove")?))
            }
            BulkAction::Narrow(BulkNarrow::To(listed)) => {
                let limit = scopes(listed, "narrow.to")?;
                known(catalog, &limit)?;
                Self::Narrow(Narrowing::To(limit))
            }
            BulkAction::Own(BulkOwn { owner }) => {
                let owner = owner_named(app, catalog, operator, owner).await;
                Self::Own(owner.map_err(|error| error.within("own"))?)
            }
        })
    }

    /// What the audit calls it for each token.
    fn word(&self) -> &'static str {
        match self {
            Self::Revoke => "token.revoke",
            Self::Narrow(_) | Self::Own(_) => "token.update",
        }
    }
}

/// Scopes that are to be all that is left must be there: of one that is mistyped nothing would be left.
fn known(catalog: &Catalog, limit: &[ScopeName]) -> Result<(), Refusal> {
    match limit.iter().position(|scope| catalog.scope(scope).is_none()) {
        None => Ok(()),
        Some(place) => {
            let detail = format!("{} has no scope {}", catalog.service, limit[place]);
            Err(Refusal::field(format!("narrow.to[{place}]"), detail))
        }
    }
}

/// A token, and what comes of it: its next state, or `None` where it is so already.
struct Judged {
    token: Token,
    next: Result<Option<Token>, Refusal>,
    /// Users who must be as they were seen until it is written.
    by: Vec<(UserId, u64)>,
}

/// What all of them are judged by.
struct Bench<'a> {
    app: &'a App,
    catalog: &'a Catalog,
    operator: Operator<'a>,
    /// Whether the caller is an administrator of the platform.
    administrator: bool,
    act: Act,
    now: Timestamp,
}

impl Bench<'_> {
    /// All of them, in their order.
    async fn judge_all(&self, tokens: Vec<Token>) -> Vec<Judged> {
        let mut judged = Vec::with_capacity(tokens.len());
        for token in tokens {
            judged.push(self.judge(token));
            if judged.len() % PIECE == 0 {
                tokio::task::yield_now().await;
            }
        }
        judged
    }

    /// As in a call about this token alone.
    fn judge(&self, token: Token) -> Judged {
        let Bench { catalog, operator, now, .. } = *self;
        let owner = self.app.gate().user(token.owner);
        let next = match &owner {
            // If it was revoked with its owner a moment ago, the revision tells.
            None => match &self.act {
                Act::Revoke if self.administrator => Ok(manage::revoke(&token, now)),
                _ => Err(broken::without_owner()),
            },
            Some(owner) => operator.manages_tokens_of(catalog, owner).and_then(|()| match &self.act {
                Act::Revoke => Ok(manage::revoke(&token, now)),
                Act::Narrow(narrowing) => manage::narrow(catalog, operator, owner, &token, narrowing),
                Act::Own(other) => {
                    let edit = TokenEdit { owner: Some(other.clone()), ..TokenEdit::default() };
                    manage::edit(catalog, operator, owner, &token, edit, now)
                }
            }),
        };
        let by = match (&self.act, &owner, &next) {
            (Act::Own(other), Some(owner), Ok(Some(next))) => {
                change::judged_by(&token, next, owner, Some(other))
            }
            _ => Vec::new(),
        };
        Judged { token, next, by }
    }

    /// Makes all changes together.
    async fn make(
        &self,
        caller: &Caller,
        asked: &BulkTokens,
        answer: &BulkAnswer,
        judged: &[Judged],
    ) -> Result<(), ApiError> {
        let Bench { app, catalog, now, .. } = *self;
        let mut changes: Vec<(&Token, &Token)> = changing(judged).collect();
        // A token takes what descends from it along; by then that is to have had its own change.
        changes.sort_by_key(|(token, _)| std::cmp::Reverse(token.parent.map_or(0, |parent| parent.depth)));
        if changes.is_empty() {
            return Ok(());
        }
        // What is searched for may be a whole token, which belongs into no record.
        let filter = BulkFilter {
            query: asked.filter.query.as_ref().map(|_| "…".to_owned()),
            ..asked.filter.clone()
        };
        let whole = Deed {
            action: "token.bulk",
            subject: catalog.service.to_string(),
            service: Some(&catalog.service),
            detail: json!({
                "filter": filter,
                "action": asked.action,
                "changed": answer.changed,
                "refused": answer.refused,
            }),
        };
        let each = changes.iter().map(|(token, next)| change::deed(app, self.act.word(), token, next));
        let deeds = std::iter::once(whole).chain(each).collect();
        let room = |(token, next): &(&Token, &Token)| {
            manage::room(catalog, Some((token.owner, app.gate().state(token, now))), next, now)
        };
        // What is taken away takes no more than it had.
        let room = match self.act {
            Act::Own(_) => Room::together(changes.iter().filter_map(room)),
            Act::Revoke | Act::Narrow(_) => Vec::new(),
        };
        let changes = changes.iter().map(|(token, next)| change::change(token, next)).collect();
        let judged_by: BTreeSet<_> = judged.iter().flat_map(|one| one.by.iter().copied()).collect();
        let terms = Terms { room, judged_by: judged_by.into_iter().collect(), ..Terms::default() };
        app.record_all(caller.by(), deeds, changes, terms).await.map_err(|error| match error {
            StoreError::Conflict(_) => plan::outdated(),
            error => error.into(),
        })
    }
}

fn changing(judged: &[Judged]) -> impl Iterator<Item = (&Token, &Token)> {
    judged.iter().filter_map(|one| Some((&one.token, one.next.as_ref().ok()?.as_ref()?)))
}

fn answer(app: &App, plan: String, judged: &[Judged], done: bool) -> BulkAnswer {
    let count = |of: fn(&Judged) -> bool| judged.iter().filter(|one| of(one)).count() as u64;
    let refused = judged.iter().filter_map(|one| {
        let refusal = one.next.as_ref().err()?;
        Some(BulkItem {
            token: app.token_record(&one.token),
            outcome: "refused".to_owned(),
            detail: Some(refusal.detail.clone()),
            scopes: None,
        })
    });
    let changed = changing(judged).map(|(token, next)| BulkItem {
        token: app.token_record(token),
        outcome: "changed".to_owned(),
        detail: (next.disabled && !token.disabled).then(|| COMES_OUT_DISABLED.to_owned()),
        scopes: (next.scopes != token.scopes).then(|| scopes(next)),
    });
    BulkAnswer {
        done,
        plan,
        changed: changing(judged).count() as u64,
        unchanged: count(|one| matches!(one.next, Ok(None))),
        refused: count(|one| one.next.is_err()),
        items: refused.take(SHOWN).chain(changed.take(SHOWN)).collect(),
    }
}

fn scopes(token: &Token) -> Vec<String> {
    token.scopes.iter().map(ToString::to_string).collect()
}
