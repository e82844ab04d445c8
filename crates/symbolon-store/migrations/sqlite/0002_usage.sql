-- How much tokens are used, and the orders in which they are listed.

PRAGMA user_version = 2;

-- Requests of a token on a day (days since 1970-01-01, UTC), by route and outcome. Method and path are the
-- catalog's, never what was sent. The token may be gone: no reference. The day leads, so that what is written lies
-- together, and what is kept no longer is one range.
CREATE TABLE usage (
    day     INTEGER NOT NULL,
    token   TEXT NOT NULL,
    method  TEXT NOT NULL,
    path    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count   INTEGER NOT NULL CHECK (count >= 1),
    last_at INTEGER NOT NULL,
    last_ip TEXT,
    PRIMARY KEY (day, token, method, path, outcome)
) STRICT, WITHOUT ROWID;

-- What tokens are listed by. Columns and not expressions: of a row value SQLite finds only columns in an index.
-- Never used is before all, no end is after all, by times that no clock shows.
ALTER TABLE tokens ADD COLUMN live         INTEGER NOT NULL AS (revoked_at IS NULL) VIRTUAL;
ALTER TABLE tokens ADD COLUMN sort_name    TEXT    NOT NULL AS (lower(name)) VIRTUAL;
ALTER TABLE tokens ADD COLUMN sort_used    INTEGER NOT NULL AS (ifnull(last_used_at, -1000000000000000)) VIRTUAL;
ALTER TABLE tokens ADD COLUMN sort_expires INTEGER NOT NULL AS (ifnull(expires_at, 1000000000000000)) VIRTUAL;

CREATE INDEX tokens_by_name    ON tokens (service, live, sort_name, id);
CREATE INDEX tokens_by_used    ON tokens (service, live, sort_used, id);
CREATE INDEX tokens_by_expires ON tokens (service, live, sort_expires, id);

CREATE INDEX tokens_owned_by_name    ON tokens (owner, service, sort_name, id);
CREATE INDEX tokens_owned_by_used    ON tokens (owner, service, sort_used, id);
CREATE INDEX tokens_owned_by_expires ON tokens (owner, service, sort_expires, id);
