-- Scopes that tokens ask for, and what somebody said to that; for 30 days. No seal: a row gives nobody a right, and what is
-- approved is lent in the token's own record, which has one. An ask whose token is gone has lapsed: no reference. A node of a
-- version that does not know of them asks for nothing and answers nothing, and honours what others lend.
CREATE TABLE asks (
    id          TEXT COLLATE "C" PRIMARY KEY,
    service     TEXT COLLATE "C" NOT NULL,
    token       TEXT COLLATE "C" NOT NULL,
    scopes      TEXT COLLATE "C" NOT NULL CHECK (json_typeof(scopes::json) = 'array'),
    -- Seconds from the answer on.
    lasts       BIGINT NOT NULL CHECK (lasts >= 1),
    reason      TEXT COLLATE "C" NOT NULL,
    -- The id of who asked.
    "by"        TEXT COLLATE "C" NOT NULL,
    made_at     BIGINT NOT NULL,
    -- A MAC of what is asked.
    mark        BYTEA NOT NULL CHECK (octet_length(mark) = 32),
    -- NULL: nobody has answered.
    answer      TEXT COLLATE "C" CHECK (answer IN ('approved', 'denied', 'withdrawn')),
    -- What was lent, and the first moment at which it is not any more.
    lent        TEXT COLLATE "C" CHECK (json_typeof(lent::json) = 'array'),
    until       BIGINT,
    answered_by TEXT COLLATE "C",
    answered_at BIGINT,
    note        TEXT COLLATE "C",
    revision    BIGINT NOT NULL CHECK (revision >= 1),
    CHECK ((answer IS NOT DISTINCT FROM 'approved') = (lent IS NOT NULL)),
    CHECK ((answer IS NOT DISTINCT FROM 'approved') = (until IS NOT NULL)),
    CHECK ((answer IS NULL) = (answered_by IS NULL)),
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK ((answer IS NULL) = (note IS NULL))
);

CREATE INDEX asks_listed ON asks (made_at, id);
CREATE INDEX asks_of     ON asks (token, made_at, id);

-- Whoever answers looks often, and is not to walk over what was answered.
CREATE INDEX asks_open   ON asks (made_at, id) WHERE answer IS NULL;

UPDATE symbolon_schema SET version = 6;
