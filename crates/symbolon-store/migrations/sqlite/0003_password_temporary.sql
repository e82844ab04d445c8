-- Whether a user's password was given by somebody else and is to be changed.

PRAGMA user_version = 3;

-- A removed user has no password, and so none that is to be changed. Existing passwords are taken for the users' own.
ALTER TABLE users ADD COLUMN password_temporary INTEGER NOT NULL DEFAULT 0
    CHECK (password_temporary IN (0, 1) AND (removed_at IS NULL OR password_temporary = 0));
