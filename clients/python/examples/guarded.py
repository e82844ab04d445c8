"""A library's catalogue, as a FastAPI application."""

import os
from typing import Annotated

import symbolon
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel


class Book(BaseModel):
    """A book on the shelf."""

    title: str
    copies: int = 1


SHELF: dict[str, Book] = {"café": Book(title="Le café"), "odyssey": Book(title="The Odyssey", copies=2)}


def shelf() -> dict[str, Book]:
    """What the handlers share."""
    return SHELF


Shelf = Annotated[dict[str, Book], Depends(shelf)]
books = APIRouter(prefix="/books", tags=["books"])
app = FastAPI(title="Library")
url, key = os.environ["SYMBOLON_URL"], os.environ["SYMBOLON_KEY"]
app.add_middleware(symbolon.Middleware, url=url, service="library", key=key)


@books.get("")
def all_books(shelf: Shelf, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> list[Book]:
    """Every book."""
    return list(shelf.values())[:limit]


@books.get("/{book}")
def one_book(book: str, shelf: Shelf) -> Book:
    """One book."""
    if book not in shelf:
        raise HTTPException(404, "no such book")
    return shelf[book]


@books.put("/{book}", status_code=204)
def put_book(book: str, new: Book, shelf: Shelf) -> None:
    """Puts a book on the shelf, or changes one."""
    shelf[book] = new


@app.get("/health", tags=["health"])
def health() -> dict[str, str]:
    """Whether the application lives."""
    return {"status": "ok"}


@app.get("/admin/readers", tags=["admin"])
def readers() -> list[str]:
    """Who reads here."""
    return ["ann"]


@app.get("/me", tags=["books"])
def me(grant: Annotated[symbolon.Grant, Depends(symbolon.requires())]) -> str:
    """Who is calling."""
    return f"{grant.kind} of {grant.owner}: {' '.join(grant.scopes)}"


app.include_router(books)
