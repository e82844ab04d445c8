-- Changes that were sent on to an application under an Idempotency-Key, and what was answered; for 24 hours. No seal: a row
-- gives nobody a right. The token may be gone: no reference.

PRAGMA user_version = 14;

CREATE TABLE answers (
    token        TEXT NOT NULL,
    key          TEXT NOT NULL,
    -- Of the request, under the pepper.
    fingerprint  BLOB NOT NULL CHECK (length(fingerprint) = 32),
    claimed_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- NULL: it is under way, or whoever sent it has ended without a word.
    outcome      TEXT CHECK (outcome IN ('unknown', 'not_kept', 'kept')),
    status       INTEGER CHECK ((status IS NOT NULL) = (outcome IS 'kept')),
    content_type TEXT CHECK (content_type IS NULL OR outcome IS 'kept'),
    location     TEXT CHECK (location IS NULL OR outcome IS 'kept'),
    etag         TEXT CHECK (etag IS NULL OR outcome IS 'kept'),
    body         BLOB CHECK ((body IS NOT NULL) = (outcome IS 'kept')),
    PRIMARY KEY (token, key)
) STRICT;

CREATE INDEX answers_ending ON answers (expires_at);
