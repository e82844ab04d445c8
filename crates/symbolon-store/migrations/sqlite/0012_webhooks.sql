-- How far webhooks have come in the audit, and what was told of tokens' ends.

PRAGMA user_version = 12;

CREATE TABLE webhooks (
    name          TEXT PRIMARY KEY NOT NULL,
    position      INTEGER NOT NULL,
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    waiting_since INTEGER,
    next_at       INTEGER,
    last_at       INTEGER,
    last_answer   TEXT,
    disabled_at   INTEGER,
    revision      INTEGER NOT NULL CHECK (revision >= 1)
) STRICT;

-- What was told last, and of which end: an edit of the end makes it untold.
ALTER TABLE tokens ADD COLUMN told_end  INTEGER;
ALTER TABLE tokens ADD COLUMN told_days INTEGER;

-- What ended before there was anybody to tell.
UPDATE tokens SET told_end = expires_at, told_days = 0
WHERE expires_at <= CAST(strftime('%s', 'now') AS INTEGER) * 1000;

-- Of tokens whose end was told nothing more is to be said, and they are not walked over.
CREATE INDEX tokens_ending ON tokens (expires_at, id)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL AND (told_end IS NOT expires_at OR told_days <> 0);
