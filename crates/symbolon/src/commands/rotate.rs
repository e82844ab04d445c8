//! `symbolon token rotate`: another secret for a token.

use clap::Args;
use symbolon_api::{OldSecret, RotateToken};

use super::Context;
use super::expires::Expires;
use super::token::One;
use crate::failure::Failure;
use crate::output::{complain, maybe};

/// How a token shall be rotated
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    one: One,
    /// When the old secret ends: first-use (of the new one, and a grace), now, 2d, 2027-01-31 or 2027-01-31T12:00:00Z
    /// [default: first-use]
    #[arg(long, value_name = "WHEN")]
    old_ends: Option<OldEnds>,
    /// How long after the first use of the new secret the old one ends, 0s to 30d [default: 1h]
    #[arg(long, value_name = "TIME")]
    grace: Option<String>,
    /// A new end of the token, written as at creation [default: its end stays]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expires>,
    /// A word of yours: however often the command is repeated with it within 24 hours, one secret is made
    #[arg(long, value_name = "WORD", default_value = "")]
    idempotency_key: String,
}

/// As people write it, to the wire's word.
#[derive(Debug, Clone)]
struct OldEnds(String);

impl std::str::FromStr for OldEnds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "now" {
            return Ok(Self(text.to_owned()));
        }
        if text == "first-use" {
            return Ok(Self("first_use".to_owned()));
        }
        match Expires::fields(text.parse().ok().as_ref()) {
            (Some(at), _) => Ok(Self(at)),
            (_, Some(within)) if within != "none" => Ok(Self(within)),
            _ => Err("such as first-use, now, 2d, 2027-01-31 or 2027-01-31T12:00:00Z"),
        }
    }
}

/// Until when the old secret works.
pub(super) fn old_secret(old: &OldSecret) -> String {
    match (&old.ends_at, &old.grace) {
        (Some(at), _) => format!("works until {at}"),
        (None, Some(grace)) => format!("works until {grace} after the first use of the new one"),
        (None, None) => "works as long as the token".to_owned(),
    }
}

impl Rotate {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (expires_at, expires_in) = Expires::fields(self.expires.as_ref());
        let how = RotateToken {
            old_ends: self.old_ends.map(|OldEnds(text)| text),
            grace: self.grace,
            expires_at,
            expires_in,
        };
        let One { service, token } = self.one;
        let rotated = context
            .speak(async |client| {
                Ok(client.rotate_token(&service, &token, &how, &self.idempotency_key).await?)
            })
            .await?;
        if context.output.json() {
            return context.output.document(&rotated);
        }
        context.output.print(&format!("{}\n", rotated.token))?;
        let record = &rotated.record;
        let old = record.old_secret.as_ref().map_or_else(|| "works no more".to_owned(), old_secret);
        complain(&format!(
            "The new secret of {} ({}), shown this once. The old one {old}. The token ends: {}.",
            record.name,
            record.id,
            maybe(record.expires_at.as_ref(), "never")
        ));
        Ok(())
    }
}
