-- A token's secrets but the present one, of those that were rotated: when, and the digests that are still known, the old
-- one's and the retired ones'. Empty of digests in a tombstone.

PRAGMA user_version = 6;

ALTER TABLE tokens ADD COLUMN rotation TEXT
    CHECK (rotation IS NULL OR json_type(rotation) = 'object');
