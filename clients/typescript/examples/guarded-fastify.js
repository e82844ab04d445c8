// A library's catalogue, as a Fastify application.

import Fastify from "fastify";
import { symbolon } from "symbolon/fastify";

/** @typedef {{ title: string, copies: number }} Book */
/** @typedef {{ Querystring: { limit?: string }, Params: { book: string }, Body: Book }} Books */
/** @typedef {import("fastify").FastifyRequest<Books>} Asked */

/** @type {Map<string, Book>} */
const shelf = new Map([
  ["café", { title: "Le café", copies: 1 }],
  ["odyssey", { title: "The Odyssey", copies: 2 }],
]);

export const app = Fastify();
const { SYMBOLON_URL: url, SYMBOLON_KEY: key } = process.env;
app.register(symbolon, { url, service: "library", key });

/** @param {import("fastify").FastifyInstance} books */
async function shelves(books) {
  books.get("", async (/** @type {Asked} */ request) => {
    return [...shelf.values()].slice(0, Number(request.query.limit ?? 10));
  });

  books.get("/:book", async (/** @type {Asked} */ request, reply) => {
    return shelf.get(request.params.book) ?? reply.code(404).send({ detail: "no such book" });
  });

  books.put("/:book", async (/** @type {Asked} */ request, reply) => {
    shelf.set(request.params.book, request.body);
    return reply.code(204).send();
  });
}

app.register(shelves, { prefix: "/books" });

app.get("/health", async () => ({ status: "ok" }));

app.get("/admin/readers", async () => ["ann"]);

app.get("/me", async (request) => {
  const { kind, owner, scopes } = request.symbolon;
  return `${kind} of ${owner}: ${scopes.join(" ")}`;
});
