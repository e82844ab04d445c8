-- What programs and people note of a token: a JSON object of texts.

PRAGMA user_version = 5;

ALTER TABLE tokens ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
