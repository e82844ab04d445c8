-- Whether the refusals of a service are acted on, where somebody has switched it.

PRAGMA user_version = 4;

-- The service may have no catalog just now: no reference.
CREATE TABLE enforcement (
    service TEXT PRIMARY KEY NOT NULL,
    enforce INTEGER NOT NULL CHECK (enforce IN (0, 1)),
    since   INTEGER NOT NULL
) STRICT;
