-- Seals of the rows that grant: 4 bytes for the number of the pepper, 32 for the MAC. What is here already is sealed as it
-- is found, in the same transaction. Tombstones and removed users have none.

PRAGMA user_version = 10;

ALTER TABLE users       ADD COLUMN seal BLOB CHECK (seal IS NULL OR length(seal) = 36);
ALTER TABLE tokens      ADD COLUMN seal BLOB CHECK (seal IS NULL OR length(seal) = 36);
ALTER TABLE sessions    ADD COLUMN seal BLOB CHECK (seal IS NULL OR length(seal) = 36);
ALTER TABLE keys        ADD COLUMN seal BLOB CHECK (seal IS NULL OR length(seal) = 36);
ALTER TABLE enforcement ADD COLUMN seal BLOB CHECK (seal IS NULL OR length(seal) = 36);
