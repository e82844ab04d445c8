//! Lists of tokens, in every order.

use symbolon_core::record::Token;
use symbolon_core::store::{Page, StoreError, TokenOrder, TokenQuery};

use super::Readers;
use crate::reading::tokens::Whose;
use crate::reading::{self, Given};
use crate::rows::select_tokens;

/// A page of tokens. The arguments decide which index serves it; all else is tested row by row. `CASE` is
/// [`Token::state`] in SQL, with what has lain unused for too long. The text is found with `instr` and not `LIKE`: there is nothing to escape, and no
/// limit to a pattern's length. `lower` knows ASCII only, which is what the contract asks for. A scope is looked for
/// with its quotes, as it stands in the JSON: it is no part of another.
macro_rules! select_page {
    ($kept:literal, $owner:literal, $key:literal, $beyond:literal, $direction:literal) => {
        select_tokens!(
            "WHERE service = ?1 AND ",
            $owner,
            " AND ",
            $kept,
            " AND (",
            $key,
            ", id) ",
            $beyond,
            " (?3, ?4)
              AND (?5 IS NULL OR ?5 = CASE
                   WHEN revoked_at IS NOT NULL THEN 'revoked'
                   WHEN expires_at <= ?6 THEN 'expired'
                   WHEN max(created_at, updated_at, coalesce(last_used_at, created_at)) <= ?10 THEN 'expired'
                   WHEN of_old_form AND ?11 THEN 'expired'
                   WHEN disabled THEN 'disabled'
                   ELSE 'active' END)
              AND (?7 IS NULL OR instr(lower(name), ?7) OR instr(lower(description), ?7)
                   OR instr(lower(token_prefix), ?7))
              AND (?8 IS NULL OR instr(scopes, ?8))
              AND (?12 IS NULL OR substr(token_prefix, 1, length(?12)) = ?12)
              AND (?13 IS NULL OR max(created_at, coalesce(last_used_at, created_at)) < ?13)
              AND (?14 IS NULL OR created_at < ?14)
              ORDER BY ",
            $key,
            " ",
            $direction,
            ", id ",
            $direction,
            " LIMIT ?9"
        )
    };
}

/// The statements of one order: live or revoked, everybody's, one owner's or one token's children. `$live` and `$revoked` choose among
/// everybody's the index of the order; an owner's has one index for both, and so have a token's children.
macro_rules! pages {
    ($live:literal, $revoked:literal, $key:literal, $descending:expr, $of_revoked:expr, $whose:expr) => {
        match ($of_revoked, $whose, $descending) {
            (false, Whose::Everybodys, false) => select_page!($live, "?2 IS NULL", $key, ">", "ASC"),
            (false, Whose::Everybodys, true) => select_page!($live, "?2 IS NULL", $key, "<", "DESC"),
            (false, Whose::Owner, false) => {
                select_page!("revoked_at IS NULL", "owner = ?2", $key, ">", "ASC")
            }
            (false, Whose::Owner, true) => {
                select_page!("revoked_at IS NULL", "owner = ?2", $key, "<", "DESC")
            }
            (true, Whose::Everybodys, false) => select_page!($revoked, "?2 IS NULL", $key, ">", "ASC"),
            (true, Whose::Everybodys, true) => select_page!($revoked, "?2 IS NULL", $key, "<", "DESC"),
            (true, Whose::Owner, false) => {
                select_page!("revoked_at IS NOT NULL", "owner = ?2", $key, ">", "ASC")
            }
            (true, Whose::Owner, true) => {
                select_page!("revoked_at IS NOT NULL", "owner = ?2", $key, "<", "DESC")
            }
            (false, Whose::Parent, false) => select_page!(
                "revoked_at IS NULL",
                "parent = ?15 AND (?2 IS NULL OR owner = ?2)",
                $key,
                ">",
                "ASC"
            ),
            (false, Whose::Parent, true) => select_page!(
                "revoked_at IS NULL",
                "parent = ?15 AND (?2 IS NULL OR owner = ?2)",
                $key,
                "<",
                "DESC"
            ),
            (true, Whose::Parent, false) => select_page!(
                "revoked_at IS NOT NULL",
                "parent = ?15 AND (?2 IS NULL OR owner = ?2)",
                $key,
                ">",
                "ASC"
            ),
            (true, Whose::Parent, true) => select_page!(
                "revoked_at IS NOT NULL",
                "parent = ?15 AND (?2 IS NULL OR owner = ?2)",
                $key,
                "<",
                "DESC"
            ),
        }
    };
}

fn statement(by: TokenOrder, descending: bool, of_revoked: bool, whose: Whose) -> &'static str {
    match by {
        TokenOrder::Created => pages!(
            "revoked_at IS NULL",
            "revoked_at IS NOT NULL",
            "created_at",
            descending,
            of_revoked,
            whose
        ),
        TokenOrder::Name => pages!("live = 1", "live = 0", "sort_name", descending, of_revoked, whose),
        TokenOrder::LastUsed => pages!("live = 1", "live = 0", "sort_used", descending, of_revoked, whose),
        TokenOrder::Expires => {
            pages!("live = 1", "live = 0", "sort_expires", descending, of_revoked, whose)
        }
    }
}

pub(in crate::sqlite) async fn tokens(db: &Readers, query: &TokenQuery) -> Result<Page<Token>, StoreError> {
    // A blob is after every text (https://www.sqlite.org/datatype3.html, section 4.1).
    reading::tokens::tokens(db, statement, Given::Blob(&[]), query).await
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row as _};
    use symbolon_core::store::TokenSort;

    use super::*;
    use crate::sqlite::open::open_new;

    /// As `every_list_has_its_index`, for each order of tokens.
    #[tokio::test]
    async fn every_order_has_its_index() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open_new(&directory.path().join("symbolon.db")).await;
        for TokenSort { by, descending } in TokenSort::ALL {
            let (key, everybodys, owned) = match by {
                TokenOrder::Created => ("created_at", "", "tokens_owned"),
                TokenOrder::Name => ("sort_name", "tokens_by_name", "tokens_owned_by_name"),
                TokenOrder::LastUsed => ("sort_used", "tokens_by_used", "tokens_owned_by_used"),
                TokenOrder::Expires => ("sort_expires", "tokens_by_expires", "tokens_owned_by_expires"),
            };
            let beyond = if descending { '<' } else { '>' };
            for (of_revoked, of_owner) in [(false, false), (false, true), (true, false), (true, true)] {
                let index = match (by, of_owner) {
                    (_, true) => format!("{owned} (owner=? AND service=? AND ({key},id){beyond}"),
                    (TokenOrder::Created, false) => {
                        let index = if of_revoked { "tokens_revoked" } else { "tokens_live" };
                        format!("{index} (service=? AND ({key},id){beyond}")
                    }
                    (_, false) => format!("{everybodys} (service=? AND live=? AND ({key},id){beyond}"),
                };
                let whose = if of_owner { Whose::Owner } else { Whose::Everybodys };
                let sql = statement(by, descending, of_revoked, whose);
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = sqlx::query(explain).fetch_all(&opened.readers).await.unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
                assert!(plan.len() == 1 && plan[0].contains(&index), "{sql}: {plan:?}");
            }
        }
    }
}
