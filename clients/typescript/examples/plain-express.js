// A library's catalogue, as an Express application.

import express from "express";

/** @typedef {{ title: string, copies: number }} Book */

/** @type {Map<string, Book>} */
const shelf = new Map([
  ["café", { title: "Le café", copies: 1 }],
  ["odyssey", { title: "The Odyssey", copies: 2 }],
]);

export const app = express();
const books = express.Router();

app.use(express.json());

books.get("/", (req, res) => {
  res.json([...shelf.values()].slice(0, Number(req.query.limit ?? 10)));
});

books.get("/:book", (req, res) => {
  const book = shelf.get(req.params.book);
  if (book) res.json(book);
  else res.status(404).json({ detail: "no such book" });
});

books.put("/:book", (req, res) => {
  shelf.set(req.params.book, req.body);
  res.status(204).end();
});

app.use("/books", books);

app.get("/health", (req, res) => {
  res.json({ status: "ok" });
});

app.get("/admin/readers", (req, res) => {
  res.json(["ann"]);
});

app.get("/me", (req, res) => {
  res.json("nobody knows");
});
