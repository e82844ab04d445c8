//! What a secret is that somebody has found.

use symbolon_core::credential::Presented;
use symbolon_core::id::KeyId;
use symbolon_core::name::ServiceName;
use symbolon_core::record::{Key, Token};
use symbolon_core::store::StoreError;
use symbolon_core::token::TokenText;

use crate::answer::ApiError;
use crate::app::App;
use crate::management::broken::Lost;
use crate::proving::Asked;

/// What a secret is. What it says of itself is not believed: its digest is looked up.
pub(super) enum Known {
    /// A token, in whatever state. One that was revoked has no digest left and is known by its prefix and its identifying
    /// characters, which are no proof; but of such a one nothing more can come.
    Token(Box<Token>),
    /// A key.
    Key(FoundKey),
    /// Neither.
    Nothing,
}

/// A key that somebody has found.
pub(super) struct FoundKey {
    pub(super) id: KeyId,
    /// Of which service, for a verifier key.
    pub(super) service: Option<ServiceName>,
    /// `None` where its row is not what was written.
    pub(super) record: Option<Key>,
    /// What is wrong with its row.
    pub(super) lost: Option<Lost>,
}

impl Known {
    pub(super) async fn of(app: &App, secret: &[u8]) -> Result<Self, ApiError> {
        // An imported token that nobody has used yet is known by no digest of ours.
        let asked = Asked { service: None, client_ip: None, ending: true };
        let now = app.prove_secret(asked, secret, app.now()).await.map_err(|_| ApiError::unavailable())?;
        if let Some(token) = app.gate().token_of(secret, now)? {
            return Ok(Self::Token(Box::new(Token::clone(&token))));
        }
        let key = match app.gate().recognize(Presented::Secret(secret), now)? {
            Ok(symbolon_gate::Known::System(id)) => Some((id, None)),
            Ok(symbolon_gate::Known::Verifier(service, id)) => Some((id, Some(service))),
            // A session ends where it began, and what is no token and no key is nothing here.
            _ => None,
        };
        if let Some((id, service)) = key {
            let (record, lost) = match app.store().key(id).await {
                Err(StoreError::SealBroken(_)) => (None, Some(Lost::Broken)),
                Ok(None) => {
                    // Somebody may have taken it back meanwhile: the record knows of it a moment before the gate does.
                    app.store().applied().await?;
                    let Some(known) = app.gate().key(id) else { return Ok(Self::Nothing) };
                    (Some(known), Some(Lost::Gone))
                }
                found => (found?, None),
            };
            return Ok(Self::Key(FoundKey { id, service, record, lost }));
        }
        for service in app.gate().services() {
            let catalog = &service.catalog;
            let Ok(text) = TokenText::parse(&catalog.prefix, secret) else { continue };
            let token = match app.store().token_prefixed(&catalog.service, text.token_prefix()).await {
                // It counts as not there, and its secret passes nowhere.
                Err(StoreError::SealBroken(_)) => None,
                found => found?,
            };
            return Ok(token
                .filter(|token| token.revoked_at.is_some())
                .map_or(Self::Nothing, |token| Self::Token(Box::new(token))));
        }
        Ok(Self::Nothing)
    }
}
