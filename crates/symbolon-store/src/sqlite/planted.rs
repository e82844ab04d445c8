//! What somebody else has put into a database's schema: a trigger acts unseen in our own transactions.

use sqlx::SqliteConnection;

use super::open::AUDIT_CHAIN;

/// How much of a name that may be anything is handed on, in characters.
const SHOWN: usize = 64;

/// The name of a trigger, view or virtual table that is not of our making, if there is one. Of ours there are two triggers,
/// which keep the audit append-only.
pub(super) async fn planted(db: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let entries: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "SELECT CAST(coalesce(type, '') AS TEXT), CAST(coalesce(name, '') AS TEXT), CAST(sql AS TEXT)
         FROM sqlite_schema ORDER BY rowid",
    )
    .fetch_all(db)
    .await?;
    let stranger = entries.into_iter().find(|(kind, _, sql)| !ours(kind, sql.as_deref()));
    Ok(stranger.map(|(_, name, _)| name.chars().take(SHOWN).collect()))
}

/// SQLite keeps the text of a statement as it was written, and its first words as it spells them itself. What is
/// called a table and begins otherwise is a virtual one, or was written into the schema's own table.
fn ours(kind: &str, sql: Option<&str>) -> bool {
    let begins = |starts: &[&str]| sql.is_some_and(|sql| starts.iter().any(|start| sql.starts_with(start)));
    match kind {
        "table" => begins(&["CREATE TABLE "]),
        // Those that SQLite makes by itself have no text.
        "index" => sql.is_none() || begins(&["CREATE INDEX ", "CREATE UNIQUE INDEX "]),
        // Older files have them from an earlier migration, with the same texts.
        "trigger" => {
            begins(&["CREATE TRIGGER "])
                && sql.is_some_and(|sql| AUDIT_CHAIN.contains(&format!("\n{sql};\n")))
        }
        _ => false,
    }
}
