-- O.D.I.N.'s tables, and for each kind of thing a view whose `body` is the JSON that callers see.
-- Times are text, `YYYY-MM-DDTHH:MM:SSZ`. Booleans are 0 and 1, and become JSON's in the views.

PRAGMA application_id = 1329875278;  -- 'ODIN'

CREATE TABLE printers (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    model          TEXT NOT NULL,
    location       TEXT,
    slot_count     INTEGER NOT NULL DEFAULT 1,
    status         TEXT NOT NULL DEFAULT 'idle'
                   CHECK (status IN ('idle', 'printing', 'paused', 'offline', 'error')),
    nozzle_actual  REAL NOT NULL DEFAULT 24,
    nozzle_target  REAL NOT NULL DEFAULT 0,
    bed_actual     REAL NOT NULL DEFAULT 23,
    bed_target     REAL NOT NULL DEFAULT 0,
    progress       INTEGER,                       -- percent, while a job is on the bed
    minutes_left   INTEGER,
    power_watts    REAL NOT NULL DEFAULT 9,
    print_hours    REAL NOT NULL DEFAULT 0,
    created_at     TEXT NOT NULL
) STRICT;

CREATE TABLE filament_library (
    id             INTEGER PRIMARY KEY,
    brand          TEXT NOT NULL,
    name           TEXT NOT NULL,
    filament_type  TEXT NOT NULL,
    color_hex      TEXT NOT NULL,
    nozzle_temp    INTEGER NOT NULL,
    bed_temp       INTEGER NOT NULL,
    cost_per_kg    REAL NOT NULL
) STRICT;

CREATE TABLE spools (
    id              INTEGER PRIMARY KEY,
    brand           TEXT NOT NULL,
    filament_type   TEXT NOT NULL,
    color           TEXT NOT NULL,
    location        TEXT,
    initial_grams   REAL NOT NULL CHECK (initial_grams > 0),
    remaining_grams REAL NOT NULL CHECK (remaining_grams >= 0),
    cost_per_kg     REAL NOT NULL,
    created_at      TEXT NOT NULL
) STRICT;

-- The places of a printer that hold a spool, counted from 1. A spool is in one place at most.
CREATE TABLE slots (
    printer_id  INTEGER NOT NULL REFERENCES printers ON DELETE CASCADE,
    slot        INTEGER NOT NULL CHECK (slot >= 1),
    spool_id    INTEGER UNIQUE REFERENCES spools,
    PRIMARY KEY (printer_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE models (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    category        TEXT,
    filament_type   TEXT NOT NULL,
    filament_grams  REAL NOT NULL,
    print_minutes   INTEGER NOT NULL,
    created_at      TEXT NOT NULL
) STRICT;

CREATE TABLE jobs (
    id            INTEGER PRIMARY KEY,
    model_id      INTEGER NOT NULL REFERENCES models,
    printer_id    INTEGER REFERENCES printers ON DELETE SET NULL,
    quantity      INTEGER NOT NULL DEFAULT 1,
    priority      TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    status        TEXT NOT NULL CHECK (status IN ('submitted', 'pending', 'scheduled', 'queued', 'printing',
                                                  'completed', 'failed', 'cancelled', 'rejected')),
    notes         TEXT,
    reason        TEXT,                           -- why it was cancelled, rejected or failed
    submitted_by  TEXT NOT NULL,
    reviewed_by   TEXT,
    created_at    TEXT NOT NULL,
    started_at    TEXT,
    finished_at   TEXT
) STRICT;

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer    TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'in_progress', 'fulfilled', 'shipped', 'cancelled')),
    due_at      TEXT,
    notes       TEXT,
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE order_items (
    order_id    INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    model_id    INTEGER NOT NULL REFERENCES models,
    quantity    INTEGER NOT NULL,
    unit_price  REAL NOT NULL
) STRICT;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    email         TEXT NOT NULL,
    role          TEXT NOT NULL,
    department    TEXT NOT NULL,
    is_active     INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE alerts (
    id            INTEGER PRIMARY KEY,
    severity      TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    title         TEXT NOT NULL,
    message       TEXT NOT NULL,
    printer_id    INTEGER REFERENCES printers ON DELETE SET NULL,
    is_read       INTEGER NOT NULL DEFAULT 0,
    is_dismissed  INTEGER NOT NULL DEFAULT 0,
    created_at    TEXT NOT NULL
) STRICT;

-- A task comes round every `interval_hours` of printing, counted from the printer's hours when it was last done.
CREATE TABLE maintenance_tasks (
    id               INTEGER PRIMARY KEY,
    printer_id       INTEGER NOT NULL REFERENCES printers ON DELETE CASCADE,
    name             TEXT NOT NULL,
    interval_hours   REAL NOT NULL,
    done_at_hours    REAL NOT NULL
) STRICT;

CREATE TABLE maintenance_logs (
    id            INTEGER PRIMARY KEY,
    task_id       INTEGER NOT NULL REFERENCES maintenance_tasks ON DELETE CASCADE,
    notes         TEXT,
    print_hours   REAL NOT NULL,
    performed_by  TEXT NOT NULL,
    performed_at  TEXT NOT NULL
) STRICT;

CREATE TABLE backups (
    id            INTEGER PRIMARY KEY,
    filename      TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('requested', 'completed')),
    size_bytes    INTEGER,
    requested_by  TEXT NOT NULL,
    created_at    TEXT NOT NULL
) STRICT;

-- One row. The password is somewhere else, and only whether there is one is known here.
CREATE TABLE smtp_config (
    host          TEXT NOT NULL,
    port          INTEGER NOT NULL,
    username      TEXT NOT NULL,
    from_address  TEXT NOT NULL,
    use_tls       INTEGER NOT NULL,
    password_set  INTEGER NOT NULL
) STRICT;
