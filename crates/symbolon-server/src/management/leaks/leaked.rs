//! The one place at which a leak is written down, whoever has found it, with what is done about it in the same
//! transaction.

use serde_json::{Value, json};
use symbolon_core::leak::redacted;
use symbolon_core::manage;
use symbolon_core::record::Token;
use symbolon_core::store::{AuditQuery, Change, PageQuery, StoreError};

use super::MAX_PLACE;
use super::known::FoundKey;
use crate::answer::ApiError;
use crate::app::App;
use crate::leaks::OnLeak;
use crate::management::broken::Lost;
use crate::management::caller::By;
use crate::management::commit::{Deed, TRIES, Terms, overtaken};
use crate::management::detail;

/// How many lines of the audit are looked at for the same sighting, newest first.
const LOOKED_BACK: usize = 100;

/// Where a secret was seen. Secrets in the text itself are not kept.
pub(super) struct Sighting {
    place: String,
    /// In what, as whoever saw it calls that.
    source: Option<String>,
}

impl Sighting {
    pub(super) fn at(place: &str, source: Option<&str>) -> Self {
        Self { place: shortened(&redacted(place)), source: source.map(|text| shortened(&redacted(text))) }
    }

    fn detail(&self, name: &str) -> Value {
        json!({ "name": name, "place": self.place, "source": self.source })
    }
}

fn shortened(text: &str) -> String {
    let end = (0..=MAX_PLACE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text[..end].to_owned()
}

/// A token that is not revoked has leaked. The token as it then is. Seen again at the same place, while nothing more is to
/// be done about it, it is not written down again.
pub(super) async fn token(
    app: &App,
    by: impl Fn() -> By,
    token: &Token,
    sighting: &Sighting,
    on_leak: OnLeak,
) -> Result<Token, ApiError> {
    for _ in 0..TRIES {
        let stored = match app.store().token(&token.service, token.id).await {
            Err(StoreError::SealBroken(_)) => {
                return lost(app, by(), token, sighting, on_leak, Lost::Broken).await;
            }
            stored => stored?,
        };
        let Some(stored) = stored else {
            return lost(app, by(), token, sighting, on_leak, Lost::Gone).await;
        };
        if stored.revoked_at.is_some() {
            // The record knows of it a moment before the gate does, or for good if somebody else has written there.
            app.store().applied().await?;
            app.gate().forget_token(stored.id);
            return Ok(stored);
        }
        let now = app.now();
        let (action, next) = match on_leak {
            OnLeak::Revoke => ("token.revoke", manage::revoke(&stored, now)),
            OnLeak::Disable => ("token.disable", manage::switch(&stored, true, now)?),
            OnLeak::Report => ("", None),
        };
        let subject = stored.id.to_string();
        if next.is_none() && told(app, "token.leaked", &subject, sighting).await? {
            app.store().applied().await?;
            return Ok(stored);
        }
        let deed = |action, detail| Deed {
            action,
            subject: subject.clone(),
            service: Some(&stored.service),
            detail,
        };
        let mut deeds = vec![deed("token.leaked", sighting.detail(&stored.name))];
        let changes = next.iter().cloned().map(Change::TokenChanged).collect();
        if let Some(next) = &next {
            let difference = detail::difference(detail::of_token(app, &stored), detail::of_token(app, next));
            deeds.push(deed(action, difference));
        }
        match app.record_all(by(), deeds, changes, Terms::default()).await {
            Ok(()) => {
                tracing::warn!(token = %stored.id, place = sighting.place, ?on_leak, "a token has leaked");
                return Ok(next.unwrap_or(stored));
            }
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(overtaken())
}

/// A token has leaked whose row is not what was written or is gone, so that nothing of it can be believed or changed: unless
/// leaks are only reported, it is erased.
async fn lost(
    app: &App,
    by: By,
    token: &Token,
    sighting: &Sighting,
    on_leak: OnLeak,
    lost: Lost,
) -> Result<Token, ApiError> {
    let subject = token.id.to_string();
    let deed =
        |action, detail| Deed { action, subject: subject.clone(), service: Some(&token.service), detail };
    let now = app.now();
    let mut deeds = vec![deed("token.leaked", sighting.detail(&token.name))];
    let mut changes = Vec::new();
    if on_leak == OnLeak::Report {
        if told(app, "token.leaked", &subject, sighting).await? {
            return Ok(token.clone());
        }
    } else {
        deeds.push(deed("token.revoke", lost.detail(Some(&token.name))));
        changes.extend((lost == Lost::Broken).then_some(Change::TokenErased(token.id, now)));
    }
    match app.record_all(by, deeds, changes, Terms::default()).await {
        Ok(()) => {
            tracing::warn!(
                token = subject,
                place = sighting.place,
                ?on_leak,
                ?lost,
                "a token has leaked whose row cannot be read"
            );
        }
        // Somebody was quicker; it waits until that is so for the gate too.
        Err(StoreError::NotFound(_)) => app.store().applied().await?,
        Err(error) => return Err(error.into()),
    }
    if on_leak == OnLeak::Report {
        return Ok(token.clone());
    }
    // Without a row there is no change that would take it out of the gate.
    app.gate().forget_token(token.id);
    Ok(manage::revoke(token, now).unwrap_or_else(|| token.clone()))
}

/// A key has leaked. It has no state in which it rests: it is taken back, or goes on.
pub(super) async fn key(
    app: &App,
    by: impl Fn() -> By,
    key: &FoundKey,
    sighting: &Sighting,
    on_leak: OnLeak,
) -> Result<(), ApiError> {
    let subject = key.id.to_string();
    let deed =
        |action, detail| Deed { action, subject: subject.clone(), service: key.service.as_ref(), detail };
    let name = key.record.as_ref().map(|key| key.name.as_str());
    let mut deeds = vec![deed("key.leaked", sighting.detail(name.unwrap_or_default()))];
    let mut changes = Vec::new();
    if on_leak == OnLeak::Revoke {
        let known = key.lost.map_or_else(|| json!({ "name": name }), |lost| lost.detail(name));
        deeds.push(deed("key.revoke", known));
        changes.extend((key.lost != Some(Lost::Gone)).then_some(Change::KeyRemoved(key.id)));
    } else if told(app, "key.leaked", &subject, sighting).await? {
        return Ok(());
    }
    match app.record_all(by(), deeds, changes, Terms::default()).await {
        Ok(()) => {
            tracing::warn!(key = %key.id, place = sighting.place, ?on_leak, "a key has leaked");
        }
        // Somebody was quicker; it waits until that is so for the gate too.
        Err(StoreError::NotFound(_)) => app.store().applied().await?,
        Err(error) => return Err(error.into()),
    }
    if on_leak == OnLeak::Revoke {
        // As with a token.
        app.gate().forget_key(key.id);
    }
    Ok(())
}

/// Whether the audit has this sighting already.
async fn told(app: &App, action: &str, subject: &str, sighting: &Sighting) -> Result<bool, StoreError> {
    let query = AuditQuery {
        action: Some(action.to_owned()),
        subject: Some(subject.to_owned()),
        page: PageQuery { after: None, limit: LOOKED_BACK },
        ..AuditQuery::default()
    };
    let lines = app.store().audit(&query).await?;
    let place =
        |detail: &str| serde_json::from_str::<Value>(detail).ok()?.get("place")?.as_str().map(str::to_owned);
    Ok(lines.items.iter().any(|line| place(&line.detail).as_deref() == Some(sighting.place.as_str())))
}
