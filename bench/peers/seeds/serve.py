"""A FastAPI application with tokens of its own, behind uvicorn.

serve.py FOLDER PORT KEYS OWNERS SCHEME
"""

import hashlib
import json
import os
import secrets
import sqlite3
import sys

import bcrypt

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.dirname(HERE))
import launch  # noqa: E402

folder, port, keys, owners, scheme = sys.argv[1:]
TABLES = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL);
    CREATE TABLE api_tokens (
        id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), token_hash TEXT NOT NULL,
        token_prefix TEXT NOT NULL, scopes TEXT NOT NULL, last_used_at REAL
    );
"""
# At bcrypt's cost, hashing every token would take an hour. Those that are presented are hashed; the others have the
# hash of one of them, which is never looked at.
PRESENTED = 8


def hashed(token):
    if scheme == "digest":
        return hashlib.sha256(token.encode()).hexdigest()
    return bcrypt.hashpw(token.encode(), bcrypt.gensalt(12)).decode()


def fill():
    database = sqlite3.connect(os.path.join(folder, "keys.db"))
    database.executescript(TABLES)
    if scheme == "digest":
        database.execute("CREATE UNIQUE INDEX by_hash ON api_tokens (token_hash)")
    people = ((number, f"owner-{number}", "viewer") for number in range(int(owners)))
    database.executemany("INSERT INTO users VALUES (?, ?, ?)", people)
    tokens, last = [], None
    for number in range(int(keys) + 1):
        token = "odin_" + secrets.token_urlsafe(32)
        if scheme == "digest" or number < PRESENTED or number == int(keys):
            last = hashed(token)
            tokens.append(token)
        scope = "read:orders" if number == int(keys) else "read:printers"
        database.execute(
            "INSERT INTO api_tokens (user_id, token_hash, token_prefix, scopes) VALUES (?, ?, ?, ?)",
            (number % int(owners), last, token[:10], json.dumps([scope])),
        )
    database.commit()
    database.close()
    return tokens[:-1], tokens[-1]


tokens, narrow = fill()
packages = ["fastapi", "uvicorn"] + (["bcrypt"] if scheme == "bcrypt" else [])
uvicorn = ["-m", "uvicorn", "--app-dir", HERE, "--port", port, "--no-access-log", "--log-level", "error"]
launch.run(
    [sys.executable, *uvicorn, "--loop", "uvloop", "--http", "httptools", "--timeout-keep-alive", "75", "app:app"],
    {"FOLDER": folder, "SCHEME": scheme},
    lambda: launch.tell(folder, tokens, narrow, launch.versions(*packages)),
)
