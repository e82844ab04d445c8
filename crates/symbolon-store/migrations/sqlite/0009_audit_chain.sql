-- The audit's chain: each line carries the hash of the one before (`symbolon_core::audit`). The lines that are there already
-- are written into the new table by the program, which computes their hashes, in the same transaction.

PRAGMA user_version = 9;

DROP TRIGGER audit_no_update;
DROP TRIGGER audit_no_delete;
DROP INDEX audit_about;
DROP INDEX audit_by;
ALTER TABLE audit RENAME TO audit_before;

-- AUTOINCREMENT: a number is never used twice, so a line that was cut off the end leaves a gap that shows.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    session    TEXT,
    client_ip  TEXT,
    request_id TEXT,
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    service    TEXT,
    detail     TEXT NOT NULL CHECK (json_valid(detail)),
    hash       BLOB NOT NULL CHECK (length(hash) = 32)
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
