-- With which keys the nodes of the fleet go on, by a mark that tells nothing of them, and with which they are about to. NULL: no
-- node of a version that says so has been there yet.
ALTER TABLE fleet ADD COLUMN keys TEXT COLLATE "C", ADD COLUMN next_keys TEXT COLLATE "C";

UPDATE symbolon_schema SET version = 3;
