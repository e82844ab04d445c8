//! Mail: an inbox to read, and an outbox where drafts and what is sent stay.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use super::documents;
use crate::{
    choice::choice,
    database::{begin, find, refer, rows},
    identity::Identity,
    input::{Body, Filter, Id, Line, Moment, Text},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM email_json WHERE uid = ?";

choice! {
    /// Where a mail lies.
    Mailbox {
        Inbox = "inbox",
        Outbox = "outbox",
    }
}

choice! {
    /// What became of a mail in the outbox.
    Outgoing {
        Draft = "draft",
        Sent = "sent",
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/codex/emails", get(list))
        .route("/codex/emails/{uid}", get(show))
        .route("/codex/emails/draft", post(draft))
        .route("/codex/emails/draft-document", post(draft_document))
        .route("/codex/emails/send", post(send))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    r#box: Option<Mailbox>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMail {
    to: Address,
    subject: Line<200>,
    body: Text<100_000>,
    in_reply_to: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentMail {
    document_id: i64,
    to: Address,
    subject: Line<200>,
}

/// One address such as `somebody@example.org`: a part before the only `@` and one after, without spaces.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Address(Line<254>);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let line = Line::try_from(text)?;
        let valid = line.as_str().split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !line.as_str().contains(' ')
        });
        if valid { Ok(Self(line)) } else { Err("must be one address, name@host".to_owned()) }
    }
}

/// Newest first; the inbox unless `box` says otherwise.
async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let mailbox = wanted.r#box.unwrap_or(Mailbox::Inbox).word();
    let query = sqlx::query_scalar("SELECT body FROM email_line_json WHERE box = ? ORDER BY uid DESC");
    rows(&db, query.bind(mailbox)).await
}

async fn show(State(db): State<SqlitePool>, Id(uid): Id) -> Answer {
    find(&db, SHOW, "mail", uid).await
}

async fn draft(State(db): State<SqlitePool>, identity: Identity, Body(mail): Body<NewMail>) -> Answer {
    write(&db, &identity, &mail, Outgoing::Draft).await
}

async fn send(State(db): State<SqlitePool>, identity: Identity, Body(mail): Body<NewMail>) -> Answer {
    write(&db, &identity, &mail, Outgoing::Sent).await
}

/// Drafts a mail whose text is a document as it is now.
async fn draft_document(
    State(db): State<SqlitePool>,
    identity: Identity,
    Body(mail): Body<DocumentMail>,
) -> Answer {
    let mut transaction = begin(&db).await?;
    refer(&mut *transaction, documents::SHOW, "document_id", mail.document_id).await?;
    let uid = sqlx::query(
        "INSERT INTO emails (box, state, sender, recipient, subject, content, created_by, dated_at)
         SELECT 'outbox', 'draft', ?2 || '@ithaca.example', ?3, ?4, content, ?2, ?5 FROM documents WHERE id = ?1",
    )
    .bind(mail.document_id)
    .bind(identity.actor())
    .bind(mail.to.0.as_str())
    .bind(mail.subject.as_str())
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .last_insert_rowid();
    let written = find(&mut *transaction, SHOW, "mail", uid).await?;
    transaction.commit().await?;
    Ok(written.created())
}

/// Puts a mail into the outbox, which is as far as mail goes here.
async fn write(db: &SqlitePool, identity: &Identity, mail: &NewMail, state: Outgoing) -> Answer {
    if let Some(uid) = mail.in_reply_to {
        refer(db, "SELECT 1 FROM emails WHERE uid = ? AND box = 'inbox'", "in_reply_to", uid).await?;
    }
    let uid = sqlx::query(
        "INSERT INTO emails (box, state, sender, recipient, subject, content, in_reply_to, created_by, dated_at)
         VALUES ('outbox', ?1, ?2 || '@ithaca.example', ?3, ?4, ?5, ?6, ?2, ?7)",
    )
    .bind(state.word())
    .bind(identity.actor())
    .bind(mail.to.0.as_str())
    .bind(mail.subject.as_str())
    .bind(mail.body.as_str())
    .bind(mail.in_reply_to)
    .bind(Moment::now().to_string())
    .execute(db)
    .await?
    .last_insert_rowid();
    Ok(find(db, SHOW, "mail", uid).await?.created())
}
