-- Tokens that were made by a token, what is lent to a token, and limits on what it changes. A node of a version that does not
-- know of them takes no row that says something of it: its seal is another one.
ALTER TABLE tokens
    -- Which token made it, and how far it is from one that was made by a person. It stays in a tombstone.
    ADD COLUMN parent       TEXT COLLATE "C",
    ADD COLUMN depth        BIGINT CHECK ((depth IS NULL) = (parent IS NULL)),
    -- How many generations may descend from it.
    ADD COLUMN derive       BIGINT NOT NULL DEFAULT 0,
    -- Such as '20/1h', of requests that change something; NULL is as many as it may make at all.
    ADD COLUMN change_limit TEXT COLLATE "C",
    -- What is lent to it: an array of objects, NULL where nothing is.
    ADD COLUMN loans        TEXT COLLATE "C" CHECK (json_typeof(loans::json) = 'array');

CREATE INDEX tokens_children ON tokens (parent, service, created_at, id) WHERE parent IS NOT NULL;

UPDATE symbolon_schema SET version = 4;
