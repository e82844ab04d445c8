import Fastify from "fastify";
import { symbolon } from "symbolon/fastify";

export const app = Fastify();
app.register(symbolon, { url: process.env.SYMBOLON_URL, service: "library", key: process.env.SYMBOLON_KEY });

app.get("/books", async (request) => `the books that ${request.symbolon.owner} may see`);
