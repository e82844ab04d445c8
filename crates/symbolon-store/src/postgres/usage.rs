//! Uses, which go past the clock: they are many, nobody waits for them, and no decision rests on them.
//!
//! One statement each, on a connection of their own. Rows are locked in the order of their keys, so that two nodes do not
//! wait for each other; and no longer waited for than the server takes to look for a deadlock, so that where one comes about
//! with a mutation it is not the mutation that goes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use sqlx::PgPool;
use symbolon_core::id::TokenId;
use symbolon_core::usage::UsageCount;

/// Notes last uses; of a token that occurs more than once, the latest.
pub(super) async fn note(pool: &PgPool, uses: &[(TokenId, Timestamp)]) -> Result<(), sqlx::Error> {
    let mut latest: BTreeMap<String, i64> = BTreeMap::new();
    for (id, at) in uses {
        let known = latest.entry(id.to_string()).or_insert(i64::MIN);
        *known = at.as_millisecond().max(*known);
    }
    let (ids, times): (Vec<_>, Vec<_>) = latest.into_iter().unzip();
    sqlx::query(
        "WITH used AS (
             SELECT tokens.id, noted.at FROM tokens JOIN unnest($1::text[], $2::bigint[]) AS noted (id, at)
                 ON tokens.id = noted.id
             WHERE tokens.last_used_at IS NULL OR tokens.last_used_at < noted.at
             ORDER BY tokens.id FOR NO KEY UPDATE OF tokens)
         UPDATE tokens SET last_used_at = greatest(tokens.last_used_at, used.at) FROM used WHERE tokens.id = used.id",
    )
    .bind(ids)
    .bind(times)
    .execute(pool)
    .await?;
    Ok(())
}

/// What is counted together: day, token, method, path, outcome.
type CountedBy<'a> = (i64, String, &'a str, &'a str, &'static str);

/// Adds counts up.
pub(super) async fn record(pool: &PgPool, counts: &[UsageCount]) -> Result<(), sqlx::Error> {
    // A statement can change a row once, and a key may occur more than once.
    let mut sums: BTreeMap<CountedBy<'_>, (u64, &UsageCount)> = BTreeMap::new();
    for one in counts.iter().filter(|one| one.count > 0) {
        let key = (one.day.0.into(), one.token.to_string(), &*one.method, &*one.path, one.outcome.as_str());
        match sums.entry(key) {
            Entry::Vacant(new) => {
                new.insert((one.count, one));
            }
            Entry::Occupied(mut known) => {
                let (sum, last) = known.get_mut();
                *sum = sum.saturating_add(one.count);
                if one.last_at >= last.last_at {
                    *last = one;
                }
            }
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    let keys = || sums.keys();
    sqlx::query(
        "INSERT INTO usage (day, token, method, path, outcome, count, last_at, last_ip)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
             $8::text[])
         ON CONFLICT (day, token, method, path, outcome) DO UPDATE
         SET count = usage.count + excluded.count,
             last_ip = CASE WHEN excluded.last_at < usage.last_at THEN usage.last_ip ELSE excluded.last_ip END,
             last_at = greatest(usage.last_at, excluded.last_at)",
    )
    .bind(keys().map(|key| key.0).collect::<Vec<_>>())
    .bind(keys().map(|key| key.1.as_str()).collect::<Vec<_>>())
    .bind(keys().map(|key| key.2).collect::<Vec<_>>())
    .bind(keys().map(|key| key.3).collect::<Vec<_>>())
    .bind(keys().map(|key| key.4).collect::<Vec<_>>())
    .bind(sums.values().map(|(sum, _)| i64::try_from(*sum).unwrap_or(i64::MAX)).collect::<Vec<_>>())
    .bind(sums.values().map(|(_, last)| last.last_at.as_millisecond()).collect::<Vec<_>>())
    .bind(sums.values().map(|(_, last)| last.last_ip.map(|ip| ip.to_string())).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}
