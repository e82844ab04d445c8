-- Tokens that were taken over from an application, and what is kept of their old secrets.

PRAGMA user_version = 11;

-- Which row of the application it was: a digest, kept for ever, so that no row is taken over twice.
ALTER TABLE tokens ADD COLUMN import_source BLOB CHECK (length(import_source) = 32);
ALTER TABLE tokens ADD COLUMN old_prefix TEXT CHECK ((old_prefix IS NULL) = (import_source IS NULL));
-- Whether the old secret is still the token's.
ALTER TABLE tokens ADD COLUMN of_old_form INTEGER NOT NULL DEFAULT 0
    CHECK (of_old_form = 0 OR (of_old_form = 1 AND import_source IS NOT NULL AND revoked_at IS NULL));
-- The application's hash, until the secret is used here.
ALTER TABLE tokens ADD COLUMN foreign_hash TEXT
    CHECK (foreign_hash IS NULL OR (of_old_form = 1 AND digest IS NULL));

CREATE UNIQUE INDEX tokens_imported ON tokens (service, import_source) WHERE import_source IS NOT NULL;
