-- Which webhooks a node tells, by their names. NULL: it has not said so, or is of a version that does not.
ALTER TABLE nodes ADD COLUMN webhooks TEXT[] COLLATE "C";

UPDATE symbolon_schema SET version = 2;
