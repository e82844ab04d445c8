"""Two ways of keeping tokens in a FastAPI application over SQLite in FOLDER, by SCHEME.

`bcrypt` is what O.D.I.N. and Odysseus do: rows of the token's first characters, bcrypt at cost 12 on the event loop,
the last use written and committed, the owner read. `digest` is how the same application would do it well: the row
found by an indexed SHA-256, its owner in the same query, the last use written once a minute at most.
"""

import hashlib
import json
import os
import sqlite3
import time

import bcrypt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

database = sqlite3.connect(os.path.join(os.environ["FOLDER"], "keys.db"), isolation_level=None)
database.execute("PRAGMA synchronous = NORMAL")
app = FastAPI(openapi_url=None)
MINUTE = 60


def by_bcrypt(token):
    rows = database.execute(
        "SELECT id, user_id, token_hash, scopes FROM api_tokens WHERE token_prefix = ?", (token[:10],)
    ).fetchall()
    for number, user, hashed, scopes in rows:
        if bcrypt.checkpw(token.encode(), hashed.encode()):
            database.execute("UPDATE api_tokens SET last_used_at = ? WHERE id = ?", (time.time(), number))
            found = database.execute("SELECT id, name, role FROM users WHERE id = ?", (user,)).fetchone()
            return scopes if found else None
    return None


def by_digest(token):
    digest, now = hashlib.sha256(token.encode()).hexdigest(), time.time()
    row = database.execute(
        "SELECT t.id, t.scopes, t.last_used_at FROM api_tokens t JOIN users u ON u.id = t.user_id "
        "WHERE t.token_hash = ?",
        (digest,),
    ).fetchone()
    if row is None:
        return None
    number, scopes, used = row
    if used is None or used + MINUTE <= now:
        database.execute("UPDATE api_tokens SET last_used_at = ? WHERE id = ?", (now, number))
    return scopes


find = {"bcrypt": by_bcrypt, "digest": by_digest}[os.environ["SCHEME"]]


async def scopes(request: Request):
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = find(token) if scheme == "Bearer" and token else None
    if found is None:
        raise HTTPException(401)
    if "read:printers" not in json.loads(found):
        raise HTTPException(403)


@app.get("/printers", dependencies=[Depends(scopes)])
async def printers():
    return JSONResponse({"ok": True})
