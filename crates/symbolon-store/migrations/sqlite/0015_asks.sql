-- Scopes that tokens ask for, and what somebody said to that; for 30 days. No seal: a row gives nobody a right, and what is
-- approved is lent in the token's own record, which has one. An ask whose token is gone has lapsed: no reference.

PRAGMA user_version = 15;

CREATE TABLE asks (
    id          TEXT PRIMARY KEY NOT NULL,
    service     TEXT NOT NULL,
    token       TEXT NOT NULL,
    scopes      TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
    -- Seconds from the answer on.
    lasts       INTEGER NOT NULL CHECK (lasts >= 1),
    reason      TEXT NOT NULL,
    -- The id of who asked.
    "by"        TEXT NOT NULL,
    made_at     INTEGER NOT NULL,
    -- A MAC of what is asked.
    mark        BLOB NOT NULL CHECK (length(mark) = 32),
    -- NULL: nobody has answered.
    answer      TEXT CHECK (answer IN ('approved', 'denied', 'withdrawn')),
    -- What was lent, and the first moment at which it is not any more.
    lent        TEXT CHECK ((lent IS NOT NULL) = (answer IS 'approved') AND (lent IS NULL OR json_type(lent) = 'array')),
    until       INTEGER CHECK ((until IS NOT NULL) = (answer IS 'approved')),
    answered_by TEXT CHECK ((answered_by IS NOT NULL) = (answer IS NOT NULL)),
    answered_at INTEGER CHECK ((answered_at IS NOT NULL) = (answer IS NOT NULL)),
    note        TEXT CHECK ((note IS NOT NULL) = (answer IS NOT NULL)),
    revision    INTEGER NOT NULL CHECK (revision >= 1)
) STRICT;

CREATE INDEX asks_listed ON asks (made_at, id);
CREATE INDEX asks_of     ON asks (token, made_at, id);

-- Whoever answers looks often, and is not to walk over what was answered.
CREATE INDEX asks_open   ON asks (made_at, id) WHERE answer IS NULL;
