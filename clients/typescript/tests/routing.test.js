// What was decided about is what is routed.

import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";

import Fastify from "fastify";
import * as forExpress from "symbolon/express";
import * as forFastify from "symbolon/fastify";

import { EXPRESSES } from "./doors.js";
import { ALLOWED, ask, fastified, read, says, served, there } from "./stage.js";

/** @typedef {[string, string][]} Headers */
/** @typedef {(app: any, guard: any, framework: any) => void} Build */
/** @typedef {(request: any, response: any, next: () => void) => void} Handler */

/**
 * What an application answers whose parts `build` puts together around the guard.
 * @param {any} framework @param {Build} build @param {string} line @param {Headers} headers @param {object} options
 */
async function around(framework, build, line, headers = [read()], options = {}) {
  const app = framework();
  build(app, forExpress.symbolon({ ...there(), log: () => {}, ...options }), framework);
  const door = await served(app);
  const reply = await ask(door, line, headers);
  await door.close();
  return reply.status;
}

/** @type {Handler} */
const inside = (request, response) => response.json(request.symbolon.target);

test("below a mount of Express the whole path is decided about", async () => {
  for (const framework of EXPRESSES) {
    /** @type {Build} */
    const mounted = (app, guard) => app.use("/books", guard, inside);
    assert.equal(await around(framework, mounted, "GET /books?limit=1"), 200);
    assert.equal(await around(framework, mounted, "GET /books/odyssey"), 200);
    assert.equal(await around(framework, mounted, "GET /books/admin/x"), 404);
    assert.equal(await around(framework, mounted, "GET /BOOKS"), 404);
    // Express has read the path as it came, and would not read it again.
    assert.equal(await around(framework, mounted, "GET /books/%61bc"), 400);
    /** @type {Build} */
    const nested = (app, guard) => {
      const [outer, inner] = [framework.Router(), framework.Router()];
      inner.get("/:book", guard, inside);
      app.use("/", outer.use("/books", inner));
    };
    assert.equal(await around(framework, nested, "GET /books/odyssey"), 200);
    assert.equal(await around(framework, nested, "GET /books/%6fdyssey"), 400);
    assert.equal(await around(framework, nested, "GET /books/odyssey", []), 401);
    /** @type {Build} */
    const routed = (app, guard) => app.get("/:book", guard, inside);
    assert.equal(await around(framework, routed, "GET /books"), 200);
    assert.equal(await around(framework, routed, "GET /%62ooks"), 400);
  }
});

test("what a mount of Express takes beside its own path is refused", async () => {
  const server = await says(200, JSON.stringify({ ...ALLOWED, target: "/books.json" }));
  for (const framework of EXPRESSES) {
    /** @type {Build} */
    const mounted = (app, guard) => app.use(/^\/books/, guard, inside);
    // The newer takes it for another path itself.
    const status = framework === EXPRESSES[0] ? 404 : 400;
    assert.equal(await around(framework, mounted, "GET /books.json", [], { url: server.url }), status);
  }
  await server.close();
});

test("an Express that is told so reads paths as the catalog does, and one that is not does not", async () => {
  for (const framework of EXPRESSES) {
    for (const strict of [true, false]) {
      /** @type {Build} */
      const library = (app, guard) => {
        if (strict) app.enable("case sensitive routing").enable("strict routing");
        const books = framework.Router({ caseSensitive: strict, strict });
        app.use(guard);
        app.use("/books", books);
        books.get("/admin", /** @type {Handler} */ ((_, response) => response.status(500).end()));
        books.get("/:book", inside);
      };
      assert.equal(await around(framework, library, "GET /books/Admin"), strict ? 200 : 500);
      assert.equal(await around(framework, library, "GET /books/admin/"), 404);
      assert.equal(await around(framework, library, "GET /Books/admin"), 404);
    }
  }
});

test("what stands before the guard of Express answers preflights", async () => {
  for (const framework of EXPRESSES) {
    /** @type {Build} */
    const cors = (app, guard) => {
      app.options(/.*/, /** @type {Handler} */ ((_, response) => response.status(204).end()));
      app.use(guard, inside);
    };
    assert.equal(await around(framework, cors, "OPTIONS /books", []), 204);
    assert.equal(await around(framework, cors, "GET /books", []), 401);
  }
});

test("where something before the guard of Express has changed the path, nothing is decided", async () => {
  for (const framework of EXPRESSES) {
    for (const changed of ["/admin/readers", "/health", "/books/", "/books?limit=2"]) {
      /** @type {Build} */
      const rewritten = (app, guard) => {
        app.use(/** @type {Handler} */ ((request, _, next) => {
          request.url = changed;
          next();
        }));
        app.use(guard, inside);
      };
      assert.equal(await around(framework, rewritten, "GET /books"), 503, changed);
    }
    /** @type {Build} */
    const meanwhile = (app, guard) => {
      app.use(/** @type {Handler} */ ((request, response, next) => {
        guard(request, response, next);
        request.url = "/admin/readers";
      }));
      app.use(inside);
    };
    assert.equal(await around(framework, meanwhile, "GET /books"), 503);
  }
});

test("what something before the guard has made of the method is what is decided about", async () => {
  for (const framework of EXPRESSES) {
    /** @type {Build} */
    const overridden = (app, guard) => {
      app.use(/** @type {Handler} */ ((request, _, next) => {
        request.method = "PUT";
        next();
      }));
      app.use(guard, inside);
    };
    assert.equal(await around(framework, overridden, "GET /books/odyssey"), 403);
  }
});

test("where Fastify rewrites the path, nothing is decided", async () => {
  const app = Fastify({ rewriteUrl: (request) => (request.url === "/health" ? "/health" : "/admin/readers") });
  app.register(forFastify.symbolon, { ...there(), log: () => {} });
  app.get("/admin/readers", async () => "in");
  app.get("/health", async () => "in");
  const door = await fastified(app);
  assert.equal((await ask(door, "GET /books", [read()])).status, 503);
  assert.equal((await ask(door, "GET /health")).status, 200);
  await door.close();
});

test("a Fastify that takes other paths for the same one does not start", async () => {
  /** @type {import("fastify").FastifyServerOptions[]} */
  const lenient = [
    { caseSensitive: false },
    { ignoreTrailingSlash: true },
    { ignoreDuplicateSlashes: true },
    { useSemicolonDelimiter: true },
    { routerOptions: { caseSensitive: false } },
    { routerOptions: { ignoreTrailingSlash: true } },
    { maxParamLength: 99 },
    { routerOptions: { maxParamLength: 99 } },
  ];
  for (const options of lenient) {
    const app = Fastify(options);
    app.register(forFastify.symbolon, there());
    await assert.rejects(async () => app.ready(), /other paths.* is to be /, JSON.stringify(options));
    await app.close().catch(() => {});
  }
});

test("the guard of Fastify holds for all of its instance, and for no other", async () => {
  const app = Fastify();
  app.get("/before", async () => "in");
  app.register(async (inner) => {
    inner.get("/open", async () => "in");
    inner.register(async (guarded) => {
      guarded.register(forFastify.symbolon, there());
      guarded.get("/books", async (request) => request.symbolon.owner);
      guarded.register(async (deeper) => deeper.get("/me", async (request) => request.symbolon.owner));
    });
  });
  const door = await fastified(app);
  assert.equal((await ask(door, "GET /open")).body, "in");
  for (const path of ["/books", "/me"]) {
    assert.equal((await ask(door, `GET ${path}`)).status, 401, path);
    assert.equal((await ask(door, `GET ${path}`, [read()])).body, "ann", path);
  }
  await door.close();

  const whole = Fastify();
  whole.get("/books", async (request) => request.symbolon.owner);
  whole.register(forFastify.symbolon, there());
  const other = await fastified(whole);
  assert.equal((await ask(other, "GET /books")).status, 401);
  assert.equal((await ask(other, "GET /nowhere")).status, 404);
  assert.match((await ask(other, "GET /nowhere")).headers["content-type"] ?? "", /problem/);
  await other.close();
});

test("over HTTP/2 the same is told and taken away", async () => {
  const server = await says(200, JSON.stringify({ ...ALLOWED, target: "/books" }));
  const app = Fastify({ http2: true });
  app.register(forFastify.symbolon, { ...there(), url: server.url });
  app.get("/books", async (request) => ({ headers: request.headers, raw: request.raw.rawHeaders }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const session = connect(`http://127.0.0.1:${/** @type {any} */ (app.server.address()).port}`);
  const [name, value] = read();
  const pseudo = { ":path": "/books", ":authority": "library" };
  const stream = session.request({ ...pseudo, [name]: value, x_symbolon_role: "librarian", accept: "x" });
  let body = "";
  for await (const part of stream.setEncoding("utf8")) body += part;
  session.close();
  await app.close();
  await server.close();
  assert.deepEqual(server.asked[0]?.body.headers, { host: ["library"], authorization: [value] });
  const { headers, raw } = JSON.parse(body);
  /** @param {string[]} names */
  const own = (names) => names.filter((each) => !each.startsWith(":"));
  assert.deepEqual(own(Object.keys(headers)), ["accept"]);
  assert.deepEqual(own(raw.filter((/** @type {string} */ _, /** @type {number} */ at) => at % 2 === 0)), ["accept"]);
});
