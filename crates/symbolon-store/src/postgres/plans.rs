//! That what is asked of both databases is served by an index here.

use crate::postgres::testing::place;
use crate::reading::asks::{ASKS, ASKS_OF, ASKS_OPEN};
use crate::reading::lists::{AUDIT, AUDIT_ABOUT, AUDIT_BY, KEYS, SESSIONS, USERS};
use crate::reading::webhooks::ENDINGS;

/// A page costs what it shows and not what is stored: an index gives the rows in order, and nothing is
/// sorted.
#[tokio::test]
async fn every_list_has_its_index() {
    let place = place().await;
    for (types, sql, index, bound) in [
        ("text, bigint", USERS, "users_name_key", "(name > $1)"),
        ("bigint, text, bigint, text, bigint", SESSIONS, "sessions_listed", "ROW(created_at, id) < "),
        ("bigint, text, bigint", KEYS, "keys_listed", "ROW(created_at, id) < "),
        (OF_AUDIT, AUDIT_ABOUT, "audit_about", "((subject = $1) AND (seq < $3))"),
        (OF_AUDIT, AUDIT_BY, "audit_by", "((actor = $2) AND (seq < $3))"),
        (OF_AUDIT, AUDIT, "audit_pkey", "(seq < $3)"),
    ] {
        let plan = place.plan(types, sql);
        let served = plan.contains(&format!(" {index} ")) && plan.contains(bound);
        assert!(served && !plan.contains("Sort"), "{sql}: {plan}");
    }
}

const OF_AUDIT: &str = "text, text, bigint, text, text, bigint";

/// The walk costs what may still be told, and not what has ended over the years.
#[tokio::test]
async fn ends_have_their_index() {
    let plan = place().await.plan("bigint, bigint, text, bigint", ENDINGS);
    assert!(plan.contains(" tokens_ending ") && !plan.contains("Sort"), "{plan}");
}

/// The same of asks; of each token that is looked at, its row is found by its id.
#[tokio::test]
async fn asks_have_their_indexes() {
    let place = place().await;
    for (sql, index, bound) in [
        (ASKS, "asks_listed", "Index Cond: (ROW(made_at, id) < ROW($1, $2))"),
        (ASKS_OPEN, "asks_open", "Index Cond: ((made_at > $7) AND (ROW(made_at, id) < ROW($1, $2)))"),
        (ASKS_OF, "asks_of", "Index Cond: ((token = $3) AND (ROW(made_at, id) < ROW($1, $2)))"),
    ] {
        let plan = place.plan("bigint, text, text, text, text, text, bigint, bigint", sql);
        let served = plan.contains(&format!(" {index} ")) && plan.contains(bound);
        assert!(served && !plan.contains("Sort") && !plan.contains("Seq Scan"), "{sql}: {plan}");
    }
}
