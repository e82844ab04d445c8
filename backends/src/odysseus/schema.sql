-- Odysseus's tables, and for each kind of thing a view whose `body` is the JSON that callers see.
-- Times are text, `YYYY-MM-DDTHH:MM:SSZ`. Booleans are 0 and 1, and become JSON's in the views.

PRAGMA application_id = 1329879379;  -- 'ODYS'

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    username      TEXT NOT NULL UNIQUE,
    display_name  TEXT NOT NULL,
    role          TEXT NOT NULL
) STRICT;

-- A conversation. Names are its owner's to choose, but for those that begin with `#`, which Odysseus gives.
CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY,
    owner       TEXT NOT NULL,
    name        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    session_id  INTEGER NOT NULL REFERENCES sessions,
    role        TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    content     TEXT NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

CREATE INDEX messages_of_session ON messages (session_id);

CREATE TABLE todos (
    id          INTEGER PRIMARY KEY,
    text        TEXT NOT NULL,
    label       TEXT,
    due_at      TEXT,
    is_done     INTEGER NOT NULL DEFAULT 0,
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE documents (
    id          INTEGER PRIMARY KEY,
    title       TEXT NOT NULL,
    content     TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

-- What came in, and in the outbox what was drafted or sent.
CREATE TABLE emails (
    uid          INTEGER PRIMARY KEY,
    box          TEXT NOT NULL CHECK (box IN ('inbox', 'outbox')),
    state        TEXT NOT NULL CHECK (state IN ('received', 'draft', 'sent')),
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    subject      TEXT NOT NULL,
    content      TEXT NOT NULL,
    in_reply_to  INTEGER REFERENCES emails,
    created_by   TEXT,                            -- who wrote it, for the outbox
    dated_at     TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    uid         INTEGER PRIMARY KEY,
    title       TEXT NOT NULL,
    starts_at   TEXT NOT NULL,
    ends_at     TEXT NOT NULL CHECK (ends_at > starts_at),
    location    TEXT,
    notes       TEXT,
    created_by  TEXT NOT NULL
) STRICT;

CREATE TABLE memories (
    id          INTEGER PRIMARY KEY,
    text        TEXT NOT NULL,
    category    TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

-- What callers see. `json()` around a boolean keeps SQLite from quoting it as text.

CREATE VIEW user_json AS
SELECT id, json_object('id', id, 'username', username, 'display_name', display_name, 'role', role) AS body
FROM users;

CREATE VIEW session_json AS
SELECT s.id, s.owner, json_object(
    'session', s.name, 'owner', s.owner, 'created_at', s.created_at,
    'messages', (SELECT count(*) FROM messages m WHERE m.session_id = s.id)
) AS body FROM sessions s;

CREATE VIEW todo_json AS
SELECT id, label, is_done, json_object(
    'id', id, 'text', text, 'label', label, 'due', due_at, 'done', json(iif(is_done, 'true', 'false')),
    'created_by', created_by, 'created_at', created_at
) AS body FROM todos;

-- In lists: the beginning of a document says which it is.
CREATE VIEW document_line_json AS
SELECT id, json_object(
    'id', id, 'title', title, 'excerpt', substr(content, 1, 120), 'updated_at', updated_at
) AS body FROM documents;

CREATE VIEW document_json AS
SELECT id, json_object(
    'id', id, 'title', title, 'content', content, 'created_by', created_by,
    'created_at', created_at, 'updated_at', updated_at
) AS body FROM documents;

CREATE VIEW email_line_json AS
SELECT uid, box, json_object(
    'uid', uid, 'box', box, 'state', state, 'from', sender, 'to', recipient, 'subject', subject, 'date', dated_at
) AS body FROM emails;

CREATE VIEW email_json AS
SELECT uid, box, json_object(
    'uid', uid, 'box', box, 'state', state, 'from', sender, 'to', recipient, 'subject', subject,
    'body', content, 'in_reply_to', in_reply_to, 'created_by', created_by, 'date', dated_at
) AS body FROM emails;

CREATE VIEW event_json AS
SELECT uid, starts_at, ends_at, json_object(
    'uid', uid, 'title', title, 'start', starts_at, 'end', ends_at, 'location', location, 'notes', notes,
    'created_by', created_by
) AS body FROM events;

CREATE VIEW memory_json AS
SELECT id, category, json_object(
    'id', id, 'text', text, 'category', category, 'created_by', created_by,
    'created_at', created_at, 'updated_at', updated_at
) AS body FROM memories;
