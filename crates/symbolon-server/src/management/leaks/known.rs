//! What a secret is that somebody has found.

use symbolon_core::credential::Presented;
use symbolon_core::record::{Key, Token};
use symbolon_core::token::TokenText;

use crate::answer::ApiError;
use crate::app::App;

/// What a secret is. What it says of itself is not believed: its digest is looked up.
pub(super) enum Known {
    /// A token, in whatever state. One that was revoked has no digest left and is known by its prefix and its identifying
    /// characters, which are no proof; but of such a one nothing more can come.
    Token(Box<Token>),
    /// A key.
    Key(Key),
    /// Neither.
    Nothing,
}

impl Known {
    pub(super) async fn of(app: &App, secret: &[u8]) -> Result<Self, ApiError> {
        let now = app.now();
        if let Some(token) = app.gate().token_of(secret, now) {
            return Ok(Self::Token(Box::new(Token::clone(&token))));
        }
        let key = match app.gate().recognize(Presented::Secret(secret), now) {
            Ok(symbolon_gate::Known::System(key) | symbolon_gate::Known::Verifier(_, key)) => Some(key),
            // A session ends where it began, and what is no token and no key is nothing here.
            _ => None,
        };
        if let Some(key) = key {
            return Ok(app.store().key(key).await?.map_or(Self::Nothing, Self::Key));
        }
        for service in app.gate().services() {
            let catalog = &service.catalog;
            let Ok(text) = TokenText::parse(&catalog.prefix, secret) else { continue };
            let token = app.store().token_prefixed(&catalog.service, text.token_prefix()).await?;
            return Ok(token
                .filter(|token| token.revoked_at.is_some())
                .map_or(Self::Nothing, |token| Self::Token(Box::new(token))));
        }
        Ok(Self::Nothing)
    }
}
