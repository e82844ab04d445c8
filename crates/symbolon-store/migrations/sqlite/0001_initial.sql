-- Times are milliseconds since 1970-01-01T00:00:00Z. Ids are text, as they are printed.
-- STRICT: a value of another type than its column's is refused, whoever writes it.

PRAGMA application_id = 1398361410; -- "SYMB": how a Symbolon database is told from any other
PRAGMA user_version = 1;

-- A removed user's row stays: what the user owned names it, and the name is never given again.
CREATE TABLE users (
    id             TEXT PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL UNIQUE,
    password       TEXT,
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    platform_admin INTEGER NOT NULL CHECK (platform_admin IN (0, 1)),
    roles          TEXT NOT NULL CHECK (json_type(roles) = 'object'), -- {service: role}
    created_at     INTEGER NOT NULL,
    removed_at     INTEGER,
    revision       INTEGER NOT NULL CHECK (revision >= 1),
    CHECK (removed_at IS NULL OR (password IS NULL AND active = 0 AND platform_admin = 0 AND roles = '{}'))
) STRICT;

-- A revoked token's row stays, as a tombstone without a digest.
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY NOT NULL,
    service      TEXT NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT NOT NULL,
    owner        TEXT NOT NULL REFERENCES users (id),
    token_prefix TEXT NOT NULL,
    scopes       TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
    profile      TEXT,
    disabled     INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    revision     INTEGER NOT NULL CHECK (revision >= 1),
    digest       BLOB UNIQUE CHECK (length(digest) = 32),
    pepper       INTEGER,
    UNIQUE (service, token_prefix),
    CHECK ((digest IS NULL) = (pepper IS NULL)),
    CHECK (revoked_at IS NULL OR digest IS NULL)
) STRICT;

-- Two indexes, so that a page of live tokens does not walk over years of tombstones.
CREATE INDEX tokens_live    ON tokens (service, created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_revoked ON tokens (service, created_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX tokens_owned   ON tokens (owner, service, created_at, id);

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY NOT NULL,
    user       TEXT NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    client_ip  TEXT
) STRICT;

CREATE INDEX sessions_listed ON sessions (created_at, id);
CREATE INDEX sessions_of     ON sessions (user);
CREATE INDEX sessions_ending ON sessions (expires_at);

CREATE TABLE keys (
    id         TEXT PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('system', 'verifier')),
    service    TEXT,
    name       TEXT NOT NULL,
    key_prefix TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    digest     BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    pepper     INTEGER NOT NULL,
    CHECK ((kind = 'verifier') = (service IS NOT NULL))
) STRICT;

CREATE INDEX keys_listed ON keys (created_at, id);

-- AUTOINCREMENT: a number is never used twice, so a line that was cut off the end leaves a gap that shows.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    client_ip  TEXT,
    request_id TEXT,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    service    TEXT,
    detail     TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;

CREATE INDEX audit_about ON audit (subject);
CREATE INDEX audit_by    ON audit (actor);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- What was committed, in its order: the order in which the index hears of it.
CREATE TABLE changes (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    at   INTEGER NOT NULL
) STRICT;

-- Idempotency-Keys. What was made, never the answer: that holds a secret.
CREATE TABLE claims (
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       BLOB NOT NULL CHECK (length(body) = 32),
    made       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX claims_ending ON claims (expires_at);
