//! Settings of the server's by which a crash of it may undo what was acknowledged.

use sqlx::PgConnection;

/// Each is `on` unless somebody has set it otherwise (PostgreSQL's documentation, "Write Ahead Log"). `synchronous_commit` is
/// none of them: of that a session can take its own value, and one that is `off` is refused at the start.
const NEEDED: [&str; 2] = ["fsync", "full_page_writes"];

/// Those that are off.
pub(super) async fn switched_off(db: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM unnest($1) AS needed (name) WHERE current_setting(name) = 'off'")
        .bind(NEEDED)
        .fetch_all(db)
        .await
}
