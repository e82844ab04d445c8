-- The requests that a token is restricted to: a JSON object of lists, without the kinds that it is not restricted in.

PRAGMA user_version = 8;

ALTER TABLE tokens ADD COLUMN restrictions TEXT NOT NULL DEFAULT '{}';
