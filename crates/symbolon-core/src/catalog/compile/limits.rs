//! `[limits]`: how many requests tokens may make.

use toml::Spanned;

use super::super::Limits;
use super::super::fault::Faults;
use super::super::source::LimitSource;
use super::parse;
use crate::rate::Rate;

/// Of `token` and `max_token` each is the other where that is left out: whoever manages a token shall not undo by its own
/// limit the one that the catalog gives.
pub(super) fn compile(source: &LimitSource, faults: &mut Faults<'_>) -> Limits {
    let mut rate =
        |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| parse::<Rate>(text, faults));
    let (service, token, max_token) = (rate(&source.service), rate(&source.token), rate(&source.max_token));
    if let (Some(text), Some(token), Some(max)) = (&source.token, token, max_token)
        && !token.is_within(max)
    {
        let message = format!("token lets more pass than max_token ({max}), at once or in time");
        faults.error(text.span().start, message);
    }
    Limits { service, token: token.or(max_token), max_token: max_token.or(token) }
}
