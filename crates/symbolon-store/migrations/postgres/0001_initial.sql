-- Times are milliseconds since 1970-01-01T00:00:00Z. Ids are text, as they are printed. Texts are compared byte by byte
-- (COLLATE "C"), so that an order and a name that is taken are the same whatever the server's locale, and whatever its next
-- version makes of it. JSON is text: it is hashed and sealed as it was written.

-- The number of this schema, and of the oldest that a program may know and still work with it: two versions run side by
-- side while a fleet is upgraded.
CREATE TABLE symbolon_schema (
    version INT NOT NULL,
    oldest  INT NOT NULL CHECK (oldest BETWEEN 1 AND version)
);

CREATE UNIQUE INDEX symbolon_schema_one ON symbolon_schema ((true));

INSERT INTO symbolon_schema (version, oldest) VALUES (1, 1);

-- A removed user's row stays: what the user owned names it, and the name is never given again.
CREATE TABLE users (
    rowid              BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id                 TEXT COLLATE "C" PRIMARY KEY,
    name               TEXT COLLATE "C" NOT NULL UNIQUE,
    password           TEXT COLLATE "C",
    active             BOOLEAN NOT NULL,
    platform_admin     BOOLEAN NOT NULL,
    roles              TEXT COLLATE "C" NOT NULL CHECK (json_typeof(roles::json) = 'object'), -- {service: role}
    created_at         BIGINT NOT NULL,
    removed_at         BIGINT,
    revision           BIGINT NOT NULL CHECK (revision >= 1),
    -- A removed user has no password, and so none that is to be changed.
    password_temporary BOOLEAN NOT NULL DEFAULT false CHECK (removed_at IS NULL OR NOT password_temporary),
    -- 4 bytes for the number of the pepper, 32 for the MAC. Tombstones and removed users have none.
    seal               BYTEA CHECK (octet_length(seal) = 36),
    CHECK (removed_at IS NULL OR (password IS NULL AND NOT active AND NOT platform_admin AND roles = '{}'))
);

-- A revoked token's row stays, as a tombstone without a digest.
CREATE TABLE tokens (
    rowid         BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id            TEXT COLLATE "C" PRIMARY KEY,
    service       TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    description   TEXT COLLATE "C" NOT NULL,
    owner         TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    token_prefix  TEXT COLLATE "C" NOT NULL,
    scopes        TEXT COLLATE "C" NOT NULL CHECK (json_typeof(scopes::json) = 'array'),
    profile       TEXT COLLATE "C",
    disabled      BOOLEAN NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    last_used_at  BIGINT,
    revoked_at    BIGINT,
    revision      BIGINT NOT NULL CHECK (revision >= 1),
    digest        BYTEA UNIQUE CHECK (octet_length(digest) = 32),
    pepper        BIGINT,
    -- What programs and people note of it: an object of texts.
    metadata      TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    -- Its secrets but the present one, where it was rotated. Empty of digests in a tombstone.
    rotation      TEXT COLLATE "C" CHECK (json_typeof(rotation::json) = 'object'),
    -- Such as '100/1m'; NULL is as its catalog says.
    rate_limit    TEXT COLLATE "C",
    -- The requests that it is restricted to: an object of lists.
    restrictions  TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    seal          BYTEA CHECK (octet_length(seal) = 36),
    -- Which row of an application it was: a digest, kept for ever, so that no row is taken over twice.
    import_source BYTEA CHECK (octet_length(import_source) = 32),
    old_prefix    TEXT COLLATE "C" CHECK ((old_prefix IS NULL) = (import_source IS NULL)),
    -- Whether the old secret is still the token's.
    of_old_form   BOOLEAN NOT NULL DEFAULT false
        CHECK (NOT of_old_form OR (import_source IS NOT NULL AND revoked_at IS NULL)),
    -- The application's hash, until the secret is used here.
    foreign_hash  TEXT COLLATE "C" CHECK (foreign_hash IS NULL OR (of_old_form AND digest IS NULL)),
    -- What was told last of its end, and of which end: an edit of the end makes it untold.
    told_end      BIGINT,
    told_days     BIGINT,
    -- What tokens are listed by. Never used is before all, no end is after all, by times that no clock shows.
    live          BOOLEAN NOT NULL GENERATED ALWAYS AS (revoked_at IS NULL) STORED,
    sort_name     TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    sort_used     BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(last_used_at, -1000000000000000)) STORED,
    sort_expires  BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(expires_at, 1000000000000000)) STORED,
    UNIQUE (service, token_prefix),
    CHECK ((digest IS NULL) = (pepper IS NULL)),
    CHECK (revoked_at IS NULL OR digest IS NULL)
);

-- Two indexes, so that a page of live tokens does not walk over years of tombstones.
CREATE INDEX tokens_live    ON tokens (service, created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_revoked ON tokens (service, created_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX tokens_owned   ON tokens (owner, service, created_at, id);

CREATE INDEX tokens_by_name    ON tokens (service, live, sort_name, id);
CREATE INDEX tokens_by_used    ON tokens (service, live, sort_used, id);
CREATE INDEX tokens_by_expires ON tokens (service, live, sort_expires, id);

CREATE INDEX tokens_owned_by_name    ON tokens (owner, service, sort_name, id);
CREATE INDEX tokens_owned_by_used    ON tokens (owner, service, sort_used, id);
CREATE INDEX tokens_owned_by_expires ON tokens (owner, service, sort_expires, id);

CREATE UNIQUE INDEX tokens_imported ON tokens (service, import_source) WHERE import_source IS NOT NULL;

-- Of tokens whose end was told nothing more is to be said, and they are not walked over.
CREATE INDEX tokens_ending ON tokens (expires_at, id)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL
      AND (told_end IS DISTINCT FROM expires_at OR told_days <> 0);

CREATE TABLE sessions (
    rowid      BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id         TEXT COLLATE "C" PRIMARY KEY,
    "user"     TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    client_ip  TEXT COLLATE "C",
    seal       BYTEA CHECK (octet_length(seal) = 36)
);

CREATE INDEX sessions_listed ON sessions (created_at, id);
CREATE INDEX sessions_of     ON sessions ("user");
CREATE INDEX sessions_ending ON sessions (expires_at);

CREATE TABLE keys (
    rowid      BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    id         TEXT COLLATE "C" PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('system', 'verifier')),
    service    TEXT COLLATE "C",
    name       TEXT COLLATE "C" NOT NULL,
    key_prefix TEXT COLLATE "C" UNIQUE,
    created_at BIGINT NOT NULL,
    digest     BYTEA NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    pepper     BIGINT NOT NULL,
    seal       BYTEA CHECK (octet_length(seal) = 36),
    CHECK ((kind = 'verifier') = (service IS NOT NULL))
);

CREATE INDEX keys_listed ON keys (created_at, id);

-- Whether the refusals of a service are acted on, where somebody has switched it. The service may have no catalog just now:
-- no reference.
CREATE TABLE enforcement (
    rowid   BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    service TEXT COLLATE "C" PRIMARY KEY,
    enforce BOOLEAN NOT NULL,
    since   BIGINT NOT NULL,
    seal    BYTEA CHECK (octet_length(seal) = 36)
);

-- Each line carries the hash of the one before (`symbolon_core::audit`). Who writes one gives it its number, under the lock of
-- fleet_clock: a sequence would leave gaps where a transaction was rolled back.
CREATE TABLE audit (
    seq        BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    session    TEXT COLLATE "C",
    client_ip  TEXT COLLATE "C",
    request_id TEXT COLLATE "C",
    action     TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    service    TEXT COLLATE "C",
    detail     TEXT COLLATE "C" NOT NULL CHECK (json_typeof(detail::json) IS NOT NULL),
    hash       BYTEA NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE INDEX audit_about ON audit (subject, seq);
CREATE INDEX audit_by    ON audit (actor, seq);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'the audit is append-only'; END$$;

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Idempotency-Keys. What was made, never the answer: that holds a secret.
CREATE TABLE claims (
    scope      TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    body       BYTEA NOT NULL CHECK (octet_length(body) = 32),
    made       TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX claims_ending ON claims (expires_at);

-- Requests of a token on a day (days since 1970-01-01, UTC), by route and outcome. Method and path are the
-- catalog's, never what was sent. The token may be gone: no reference. The day leads: what is kept no longer is one range.
CREATE TABLE usage (
    day     BIGINT NOT NULL,
    token   TEXT COLLATE "C" NOT NULL,
    method  TEXT COLLATE "C" NOT NULL,
    path    TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    count   BIGINT NOT NULL CHECK (count >= 1),
    last_at BIGINT NOT NULL,
    last_ip TEXT COLLATE "C",
    PRIMARY KEY (day, token, method, path, outcome)
) WITH (fillfactor = 80);

-- How far webhooks have come in the audit.
CREATE TABLE webhooks (
    name          TEXT COLLATE "C" PRIMARY KEY,
    position      BIGINT NOT NULL,
    attempts      BIGINT NOT NULL CHECK (attempts >= 0),
    waiting_since BIGINT,
    next_at       BIGINT,
    last_at       BIGINT,
    last_answer   TEXT COLLATE "C",
    disabled_at   BIGINT,
    revision      BIGINT NOT NULL CHECK (revision >= 1)
) WITH (fillfactor = 50);

-- What follows is the fleet's. Whoever commits a mutation moves the clock first, and holds its row until the commit: so there
-- is one order of all mutations, and of the audit's lines. The rows of this table and of nodes are written all the time and
-- stay on their pages (HOT); what is dead of them is to be taken away soon.
CREATE TABLE fleet_clock (
    one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    seq BIGINT NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000,
        autovacuum_vacuum_cost_delay = 0);

INSERT INTO fleet_clock (seq) VALUES (0);

-- What all nodes have in common, once there is a fleet; and the server that it is of.
CREATE TABLE fleet (
    one               BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    lease_ms          BIGINT CHECK (lease_ms > 0),
    margin_ms         BIGINT CHECK (margin_ms > 0 AND margin_ms < lease_ms),
    system_identifier TEXT COLLATE "C",
    timeline          TEXT COLLATE "C",
    epoch             BIGINT NOT NULL
);

CREATE TABLE nodes (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL,
    version     TEXT COLLATE "C" NOT NULL,
    schema      INT NOT NULL,
    started_at  BIGINT NOT NULL,
    applied_seq BIGINT NOT NULL,
    renewals    BIGINT NOT NULL,
    -- For the eye alone: no promise rests on a clock that is set.
    renewed_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000,
        autovacuum_vacuum_cost_delay = 0);

-- What was committed, in its order: the order in which every index hears of it. A mutation that changed nothing has a
-- record of kind 'none', so that no number is missing.
CREATE TABLE changes (
    seq  BIGINT NOT NULL,
    part INT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id   TEXT COLLATE "C" NOT NULL,
    at   BIGINT NOT NULL,
    PRIMARY KEY (seq, part)
);
