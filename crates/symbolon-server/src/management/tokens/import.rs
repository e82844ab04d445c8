//! Taking over the tokens of an application.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde_json::json;
use symbolon_api::{ImportRow, ImportTokens, ImportedTokens, RowOutcome};
use symbolon_core::foreign::ForeignHash;
use symbolon_core::id::TokenId;
use symbolon_core::imported::Source;
use symbolon_core::manage::{self, Import, ImportedRow, Note};
use symbolon_core::name::{ScopeName, UserName};
use symbolon_core::old_form::OldPrefix;
use symbolon_core::record::{AuditLine, Token};
use symbolon_core::store::{Change, Mutation, StoreError};
use symbolon_core::{Catalog, Code, Refusal};

use super::asked;
use crate::answer::ApiError;
use crate::app::App;
use crate::management::body::Body;
use crate::management::caller::{By, Caller};
use crate::management::commit::{TRIES, overtaken};
use crate::management::parameters::{OfService, PathOf, parsed};
use crate::management::{services, settled};
use crate::proving::MOST_OF_HEAD;

/// The most rows of one call: one transaction writes them, and others wait for it.
const MOST: usize = 500;

/// Take over tokens that the application has issued, with its hashes of them, so that they keep working. For platform
/// administrators and the system key. Each row is taken or refused by itself; one that was taken before is left alone,
/// whatever became of it.
#[utoipa::path(
    post, path = "/v1/services/{service}/tokens/import", tag = "tokens",
    params(OfService),
    request_body = ImportTokens,
    responses((status = 200, body = ImportedTokens)),
)]
pub(in crate::management) async fn import(
    State(app): State<App>,
    caller: Caller,
    PathOf(of): PathOf<OfService>,
    Body { value, .. }: Body<ImportTokens>,
) -> Result<Json<ImportedTokens>, ApiError> {
    caller.administrator()?;
    let catalog = services::find(&app, &of.service)?.catalog;
    if value.rows.is_empty() || value.rows.len() > MOST {
        return Err(Refusal::field("rows", format!("give 1 to {MOST} rows at once")).into());
    }
    for _ in 0..TRIES {
        let batch = Batch::read(&app, &caller, &catalog, &value.rows).await?;
        let outcomes = ImportedTokens { rows: batch.outcomes(value.dry_run) };
        if value.dry_run || batch.write(&app, caller.by()).await? {
            return Ok(Json(outcomes));
        }
    }
    Err(overtaken())
}

/// What is to become of each row.
enum Row {
    New(Box<ImportedRow>),
    Known(TokenId),
    Refused(Refusal),
}

struct Batch(Vec<Row>);

impl Batch {
    async fn read(
        app: &App,
        caller: &Caller,
        catalog: &Catalog,
        rows: &[ImportRow],
    ) -> Result<Self, ApiError> {
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            read.push(Self::row(app, caller, catalog, row).await?);
        }
        let sources: Vec<Source> = read.iter().filter_map(|row| Some(source(row.as_ref().ok()?))).collect();
        let known: HashMap<Source, TokenId> =
            app.store().imported(&catalog.service, &sources).await?.into_iter().collect();
        let (mut seen, mut heads) = (HashMap::new(), HashMap::<OldPrefix, usize>::new());
        let rows = read.into_iter().map(|row| {
            let row = match row {
                Ok(row) => row,
                Err(refusal) => return Row::Refused(refusal),
            };
            let source = source(&row);
            if let Some(id) = known.get(&source).or_else(|| seen.get(&source)) {
                return Row::Known(*id);
            }
            if let Some(head) = row.token.imported.as_ref().map(|imported| imported.old_prefix.clone()) {
                let others = heads.entry(head.clone()).or_insert_with(|| app.gate().of_head(&catalog.service, &head));
                if *others >= MOST_OF_HEAD {
                    let detail = format!("{MOST_OF_HEAD} tokens that were not used yet have this prefix; a wrong one would cost as many checks");
                    return Row::Refused(Refusal::field("prefix", detail));
                }
                *others += 1;
            }
            seen.insert(source, row.token.id);
            Row::New(Box::new(row))
        });
        Ok(Self(rows.collect()))
    }

    /// One row by itself. The outer error is no fault of the row.
    async fn row(
        app: &App,
        caller: &Caller,
        catalog: &Catalog,
        row: &ImportRow,
    ) -> Result<Result<ImportedRow, Refusal>, ApiError> {
        let operator = caller.operator()?;
        let read = || -> Result<(UserName, Import), Refusal> {
            let hash =
                ForeignHash::parse(&row.hash).map_err(|fault| Refusal::field("hash", fault.to_string()))?;
            let import = Import {
                prefix: row.prefix.clone(),
                hash,
                name: row.name.clone(),
                scopes: row.scopes.clone(),
                expires_at: row
                    .expires_at
                    .as_deref()
                    .map(|text| asked::moment("expires_at", text))
                    .transpose()?,
            };
            Ok((parsed("owner", &row.owner)?, import))
        };
        let (owner, import) = match read() {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let stored = app.store().user_named(&owner).await?;
        let Some(owner) = stored.and_then(|user| app.gate().user(user.id)) else {
            let detail = "there is no user of this name; make one, with a role in this service, and import the row again";
            return Ok(Err(Refusal::field("owner", detail)));
        };
        let now = app.now();
        match manage::import(catalog, operator, &owner, import, now, app.entropy()) {
            // Not of the row, but of the service.
            Err(refusal) if refusal.code == Code::Conflict => Err(refusal.into()),
            read => Ok(read),
        }
    }

    /// Makes the new ones, in one transaction; `false` if another change came between.
    async fn write(&self, app: &App, by: By) -> Result<bool, ApiError> {
        let new: Vec<&Token> = self.0.iter().filter_map(Row::made).map(|row| &row.token).collect();
        if new.is_empty() {
            return Ok(true);
        }
        let now = app.now();
        let line = |token: &&Token| AuditLine {
            at: now,
            origin: by.origin.clone(),
            action: "token.import",
            subject: token.id.to_string(),
            service: Some(token.service.clone()),
            detail: json!({
                "name": token.name,
                "owner": app.user_name(token.owner),
                "token_prefix": token.token_prefix.to_string(),
                "scopes": token.scopes.iter().map(ScopeName::as_str).collect::<Vec<_>>(),
                "expires_at": token.expires_at.map(|at| at.to_string()),
            }),
        };
        let audit = new.iter().map(line).collect();
        let changes = new.iter().map(|token| Change::TokenCreated(Token::clone(token))).collect();
        let mutation = Mutation { standing: by.standing, ..Mutation::given(changes, audit, now) };
        match app.store().commit(mutation).await {
            Ok(()) => {
                settled::written();
                tracing::info!(actor = %by.origin.actor, action = "token.import", tokens = new.len(), "changed");
                Ok(true)
            }
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn outcomes(&self, dry_run: bool) -> Vec<RowOutcome> {
        self.0.iter().map(|row| row.outcome(dry_run)).collect()
    }
}

impl Row {
    fn made(&self) -> Option<&ImportedRow> {
        match self {
            Self::New(row) => Some(row),
            Self::Known(_) | Self::Refused(_) => None,
        }
    }

    fn outcome(&self, dry_run: bool) -> RowOutcome {
        let (outcome, id, notes, field) = match self {
            Self::New(row) => {
                let outcome = if row.token.scopes.is_empty() { "inert" } else { "imported" };
                (outcome, (!dry_run).then_some(row.token.id), row.notes.iter().map(sentence).collect(), None)
            }
            Self::Known(id) => ("known", Some(*id), Vec::new(), None),
            Self::Refused(refusal) => ("refused", None, vec![refusal.detail.clone()], refusal.field.clone()),
        };
        RowOutcome { outcome: outcome.to_owned(), id: id.map(|id| id.to_string()), notes, field }
    }
}

fn source(row: &ImportedRow) -> Source {
    let imported = row.token.imported.as_ref();
    imported.map_or_else(|| unreachable!("an import makes imported tokens"), |imported| imported.source)
}

fn sentence(note: &Note) -> String {
    match note {
        Note::UnknownScopes(scopes) => {
            format!("the catalog does not declare {}; left out", scopes.join(", "))
        }
        Note::Inert => "it holds no scope, and so it opens nothing; give it some with token edit".to_owned(),
        Note::EndsEarlier(end) => format!("it ends at {end}, for the service lets no token live longer"),
        Note::OwnerInactive => "its owner is inactive, and until that changes it opens nothing".to_owned(),
    }
}
