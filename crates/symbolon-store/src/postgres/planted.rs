//! What somebody else has put into the schema: a trigger or a rule acts unseen in our own transactions, a view or a policy
//! shows other rows than there are, a function may be called in place of the server's own.

use sqlx::PgConnection;

/// The body of the one function that is ours, as the server keeps it.
const APPEND_ONLY: &str = "BEGIN RAISE EXCEPTION 'the audit is append-only'; END";

/// How much of a name that may be anything is handed on, in characters.
const SHOWN: usize = 64;

/// The name of something that is not of our making, if there is such a thing. What came with an extension is the server's
/// administrator's, and does nothing by itself; triggers, rules, policies and inheriting tables do.
pub(super) async fn planted(db: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let name: Option<String> = sqlx::query_scalar(
        "WITH extended AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
              here AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace)
         SELECT tgname::text FROM pg_trigger JOIN here ON here.oid = tgrelid
         WHERE NOT tgisinternal
           AND (tgname = 'audit_no_change' AND tgrelid = to_regclass('public.audit') AND tgqual IS NULL
                AND tgfoid = to_regprocedure('public.audit_is_append_only()') AND tgenabled IN ('O', 'A')) IS NOT TRUE
         UNION ALL
         SELECT rulename::text FROM pg_rewrite JOIN here ON here.oid = ev_class WHERE relkind NOT IN ('v', 'm')
         UNION ALL
         SELECT polname::text FROM pg_policy JOIN here ON here.oid = polrelid
         UNION ALL
         SELECT heir.relname::text FROM pg_inherits JOIN pg_class AS heir ON heir.oid = inhrelid
             JOIN here ON here.oid = inhparent WHERE here.relkind = 'r'
         UNION ALL
         SELECT relname::text FROM here
         WHERE relkind IN ('v', 'm', 'f', 'p')
           AND NOT EXISTS (SELECT 1 FROM extended WHERE classid = 'pg_class'::regclass AND objid = oid)
         UNION ALL
         SELECT proname::text FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM extended WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid)
           AND (pg_proc.oid = to_regprocedure('public.audit_is_append_only()') AND prosrc = $1 AND NOT prosecdef
                AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')) IS NOT TRUE
         UNION ALL
         SELECT oprname::text FROM pg_operator
         WHERE oprnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM extended WHERE classid = 'pg_operator'::regclass AND objid = pg_operator.oid)
         LIMIT 1",
    )
    .bind(APPEND_ONLY)
    .fetch_optional(db)
    .await?;
    Ok(name.map(|name| name.chars().take(SHOWN).collect()))
}
