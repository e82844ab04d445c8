//! `symbolon token`: issue, list, change and take back.

use std::collections::BTreeMap;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use symbolon_api::client::TokenFilter;
use symbolon_api::{CreateToken, EditToken, TokenRecord};

use super::Context;
use super::advise::Advise;
use super::bulk::Bulk;
use super::create_many::CreateMany;
use super::expires::Expires;
use super::list::Extent;
use super::metadata::{Entry, listed, noted};
use super::restrict::{self, Restrict};
use super::rotate::{self, Rotate};
use super::usage::Usage;
use super::which::Which;
use crate::failure::Failure;
use crate::output::{Output, complain, joined, maybe};

/// Issue, list, change and take back tokens
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Issue a token; the secret alone goes to standard output: TOKEN=$(symbolon token create …)
    Create(Create),
    /// List a service's tokens
    List(ListTokens),
    /// Show a token
    Show(One),
    /// Show what a token is used for: its requests by route and outcome
    Usage(Usage),
    /// Change a token's name, description, scopes, end or restrictions
    Edit(Edit),
    /// Give a token another secret, which alone goes to standard output; the old one ends as you say
    Rotate(Rotate),
    /// Switch a token off; it can be switched on again
    Disable(One),
    /// Switch a token on again
    Enable(One),
    /// Take a token back for ever
    Revoke(One),
    /// Issue tokens from a file, all or none: NAME,ID,TOKEN goes to standard output
    CreateMany(CreateMany),
    /// Revoke, narrow or give away many tokens at once
    #[command(subcommand)]
    Bulk(Bulk),
    /// Show which tokens deserve a look: scopes that are not used, tokens that are not, ends, owners
    Advise(Advise),
}

/// A token to be issued
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The service that it opens
    #[arg(long, value_name = "SERVICE")]
    service: String,
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// A scope; several, or one list with commas
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', conflicts_with = "profile")]
    scopes: Vec<String>,
    /// A profile of the service's, in place of scopes
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// The user that it shall belong to [default: you; for a system key and at the machine: system]
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// When it ends: 30d, 2027-01-31 (at the beginning of that day, UTC), 2027-01-31T12:00:00Z or never
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expires>,
    /// Free text
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// What else to note of it; several times for several
    #[arg(long, value_name = "KEY=VALUE")]
    metadata: Vec<Entry>,
    /// How many requests it may make, such as 100/1m [default: as the service says]
    #[arg(long, value_name = "RATE")]
    rate: Option<String>,
    /// How many requests that change something it may make, such as 20/1h [default: as many as at all]
    #[arg(long, value_name = "RATE")]
    change_limit: Option<String>,
    /// How many generations of tokens may descend from it: it can then make tokens that can do less
    #[arg(long, value_name = "N")]
    derive: Option<u8>,
    #[command(flatten)]
    restrict: Restrict,
}

/// Which tokens
#[derive(Debug, Args)]
pub(crate) struct ListTokens {
    /// The service
    #[arg(long, value_name = "SERVICE")]
    service: String,
    #[command(flatten)]
    which: Which,
    /// By `created`, `name`, `last_used` or `expires`; with - before it from the last to the first [default: -created]
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    sort: Option<String>,
    #[command(flatten)]
    extent: Extent,
}

/// One token
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The service that it opens
    #[arg(long, value_name = "SERVICE")]
    pub(super) service: String,
    /// Its id, or the first 8 characters after its prefix
    #[arg(value_name = "TOKEN", value_parser = NonEmptyStringValueParser::new())]
    pub(super) token: String,
}

/// What shall change
#[derive(Debug, Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    one: One,
    /// A new name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// A new description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// An entry of metadata to set, or KEY alone to take it away; several times for several
    #[arg(long, value_name = "KEY[=VALUE]")]
    metadata: Vec<Entry>,
    /// All its scopes from now on; several, or one list with commas
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    /// A new end, written as at creation
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expires>,
    /// How many requests it may make, such as 100/1m; `default` is as the service says
    #[arg(long, value_name = "RATE")]
    rate: Option<String>,
    /// How many requests that change something it may make, such as 20/1h; `none` is as many as at all
    #[arg(long, value_name = "RATE")]
    change_limit: Option<String>,
    /// How many generations of tokens may descend from it from now on; 0: it makes none
    #[arg(long, value_name = "N")]
    derive: Option<u8>,
    /// Take every restriction away
    #[arg(long, conflicts_with_all = ["networks", "methods", "paths", "parameters"])]
    unrestricted: bool,
    /// In place of all restrictions before
    #[command(flatten)]
    restrict: Restrict,
    /// Another user that it shall belong to
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
}

impl Token {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let output = context.output;
        match self {
            Self::Create(create) => create.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Usage(usage) => usage.run(context).await,
            Self::Edit(edit) => edit.run(context).await,
            Self::Rotate(rotate) => rotate.run(context).await,
            Self::CreateMany(many) => many.run(context).await,
            Self::Bulk(bulk) => bulk.run(context).await,
            Self::Advise(advise) => advise.run(context).await,
            Self::Show(One { service, token }) => {
                let record = context.speak(async |client| Ok(client.token(&service, &token).await?)).await?;
                show(output, &record)
            }
            Self::Disable(One { service, token }) => {
                let record =
                    context.speak(async |client| Ok(client.disable_token(&service, &token).await?)).await?;
                show(output, &record)
            }
            Self::Enable(One { service, token }) => {
                let record =
                    context.speak(async |client| Ok(client.enable_token(&service, &token).await?)).await?;
                show(output, &record)
            }
            Self::Revoke(One { service, token }) => {
                let record = context
                    .speak(async |client| {
                        let id = client.token(&service, &token).await?.id;
                        client.revoke_token(&service, &id).await?;
                        Ok(client.token(&service, &id).await?)
                    })
                    .await?;
                show(output, &record)
            }
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let (expires_at, expires_in) = Expires::fields(self.expires.as_ref());
        let new = CreateToken {
            name: self.name,
            description: self.description,
            metadata: noted(self.metadata),
            scopes: Some(self.scopes).filter(|scopes| !scopes.is_empty()),
            profile: self.profile,
            owner: self.owner,
            expires_at,
            expires_in,
            rate_limit: self.rate,
            change_limit: self.change_limit,
            derive: self.derive,
            restrictions: self.restrict.given(),
        };
        let created =
            context.speak(async |client| Ok(client.create_token(&self.service, &new).await?)).await?;
        if context.output.json() {
            return context.output.document(&created);
        }
        context.output.print(&format!("{}\n", created.token))?;
        let record = &created.record;
        complain(&format!(
            "The token {} ({}) of {}, for {}: {}. It ends: {}. It is shown this once.",
            record.token_prefix,
            record.id,
            record.owner,
            record.service,
            joined(&record.effective_scopes),
            maybe(record.expires_at.as_ref(), "never")
        ));
        Ok(())
    }
}

impl ListTokens {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let filter = TokenFilter { sort: self.sort, ..self.which.filter().into() };
        let list = context
            .speak(async |client| {
                self.extent.collect(async |page| client.tokens(&self.service, &filter, &page).await).await
            })
            .await?;
        Extent::print(
            context.output,
            &list,
            ["TOKEN", "NAME", "OWNER", "STATE", "SCOPES", "ENDS", "LAST USED"],
            |token| {
                [
                    token.token_prefix.clone(),
                    token.name.clone(),
                    token.owner.clone(),
                    token.state.clone(),
                    joined(&token.scopes),
                    maybe(token.expires_at.as_ref(), "never"),
                    maybe(token.last_used_at.as_ref(), "never"),
                ]
            },
        )
    }
}

impl Edit {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let (expires_at, expires_in) = Expires::fields(self.expires.as_ref());
        let edit = EditToken {
            name: self.name,
            description: self.description,
            metadata: Some(self.metadata.into_iter().map(|Entry(key, value)| (key, value)).collect())
                .filter(|entries: &BTreeMap<_, _>| !entries.is_empty()),
            scopes: Some(self.scopes).filter(|scopes| !scopes.is_empty()),
            expires_at,
            expires_in,
            rate_limit: self.rate,
            change_limit: self.change_limit,
            derive: self.derive,
            restrictions: if self.unrestricted { Some(None) } else { self.restrict.given().map(Some) },
            owner: self.owner,
        };
        if edit == EditToken::default() {
            return Err(Failure::usage(
                "say what shall change: --name, --description, --metadata, --scope, --expires, --rate, \
                 --change-limit, --derive, --owner, --unrestricted or a restriction",
            ));
        }
        let One { service, token } = self.one;
        let record =
            context.speak(async |client| Ok(client.edit_token(&service, &token, &edit).await?)).await?;
        show(context.output, &record)
    }
}

fn show(output: Output, token: &TokenRecord) -> Result<(), Failure> {
    if output.json() {
        return output.document(token);
    }
    let mut pairs = vec![
        ("token", format!("{} ({})", token.token_prefix, token.id)),
        ("service", token.service.clone()),
        ("name", token.name.clone()),
        ("description", token.description.clone()),
        ("metadata", listed(&token.metadata)),
        ("owner", token.owner.clone()),
        ("state", token.state.clone()),
        ("scopes", joined(&token.scopes)),
        ("effective scopes", joined(&token.effective_scopes)),
        ("restricted", restrict::shown(&token.restrictions)),
        ("inert scopes", joined(&token.inert_scopes)),
        ("profile", maybe(token.profile.as_ref(), "-")),
        ("rate limit", limited(token)),
        ("change limit", maybe(token.change_limit.as_ref(), "-")),
        ("derived from", maybe(token.parent.as_ref(), "-")),
        ("may derive", generations(token)),
        (
            "children",
            token.children.filter(|count| *count > 0).map_or_else(|| "-".to_owned(), |n| n.to_string()),
        ),
        ("lent", lent(token)),
        ("made", token.created_at.clone()),
        ("ends", maybe(token.expires_at.as_ref(), "never")),
        ("last used", maybe(token.last_used_at.as_ref(), "never")),
        ("rotated", maybe(token.rotated_at.as_ref(), "-")),
        ("old secret", token.old_secret.as_ref().map_or_else(|| "-".to_owned(), rotate::old_secret)),
        ("replaced secret used", maybe(token.reused_at.as_ref(), "-")),
    ];
    let rare = [
        "inert scopes",
        "metadata",
        "rotated",
        "old secret",
        "replaced secret used",
        "restricted",
        "change limit",
        "derived from",
        "may derive",
        "children",
        "lent",
    ];
    pairs.retain(|(name, value)| !rare.contains(name) || value != "-");
    output.pairs(&pairs)
}

/// How many generations may descend from it.
fn generations(token: &TokenRecord) -> String {
    match token.derive {
        0 => "-".to_owned(),
        1 => "1 generation".to_owned(),
        more => format!("{more} generations"),
    }
}

/// What is lent to it, and until when.
fn lent(token: &TokenRecord) -> String {
    let loans = token.loans.iter().map(|loan| format!("{} until {}", joined(&loan.scopes), loan.until));
    let loans: Vec<_> = loans.collect();
    if loans.is_empty() { "-".to_owned() } else { loans.join("; ") }
}

/// What it is held to, and its own where that is another.
fn limited(token: &TokenRecord) -> String {
    let held = maybe(token.effective_rate_limit.as_ref(), "none");
    match &token.rate_limit {
        Some(own) if *own != held => format!("{held} (its own: {own})"),
        _ => held,
    }
}
