-- Tokens that were made by a token, what is lent to a token, and limits on what it changes.

PRAGMA user_version = 13;

-- Which token made it, and how far it is from one that was made by a person. It stays in a tombstone.
ALTER TABLE tokens ADD COLUMN parent TEXT;
ALTER TABLE tokens ADD COLUMN depth  INTEGER CHECK ((depth IS NULL) = (parent IS NULL));
-- How many generations may descend from it.
ALTER TABLE tokens ADD COLUMN derive INTEGER NOT NULL DEFAULT 0;
-- Such as '20/1h', of requests that change something; NULL is as many as it may make at all.
ALTER TABLE tokens ADD COLUMN change_limit TEXT;
-- What is lent to it: an array of objects, NULL where nothing is.
ALTER TABLE tokens ADD COLUMN loans TEXT;

CREATE INDEX tokens_children ON tokens (parent, service, created_at, id) WHERE parent IS NOT NULL;
