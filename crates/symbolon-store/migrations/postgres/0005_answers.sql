-- Changes that were sent on to an application under an Idempotency-Key, and what was answered; for 24 hours. No seal: a row
-- gives nobody a right. The token may be gone: no reference.
CREATE TABLE answers (
    token        TEXT COLLATE "C" NOT NULL,
    key          TEXT COLLATE "C" NOT NULL,
    -- Of the request, under the pepper.
    fingerprint  BYTEA NOT NULL CHECK (octet_length(fingerprint) = 32),
    claimed_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    -- NULL: it is under way, or whoever sent it has ended without a word.
    outcome      TEXT COLLATE "C" CHECK (outcome IN ('unknown', 'not_kept', 'kept')),
    status       BIGINT,
    content_type TEXT COLLATE "C",
    location     TEXT COLLATE "C",
    etag         TEXT COLLATE "C",
    body         BYTEA,
    PRIMARY KEY (token, key),
    CHECK ((outcome IS NOT DISTINCT FROM 'kept') = (status IS NOT NULL)),
    CHECK ((outcome IS NOT DISTINCT FROM 'kept') = (body IS NOT NULL)),
    CHECK (outcome IS NOT DISTINCT FROM 'kept' OR coalesce(content_type, location, etag) IS NULL)
);

CREATE INDEX answers_ending ON answers (expires_at);

UPDATE symbolon_schema SET version = 5;
