-- How many requests a token may make, such as '100/1m'; NULL is as its catalog says.

PRAGMA user_version = 7;

ALTER TABLE tokens ADD COLUMN rate_limit TEXT;
