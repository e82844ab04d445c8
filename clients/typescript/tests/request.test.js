// What is asked about, and what the application sees of it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import Fastify from "fastify";
import { Symbolon } from "symbolon";
import * as forExpress from "symbolon/express";
import * as forFastify from "symbolon/fastify";

import { DOORS, EXPRESSES } from "./doors.js";
import { ALLOWED, ask, fastified, read, says, served, site, there, variable } from "./stage.js";

/** @typedef {import("./stage.js").Site} Site */
/** @typedef {[string, string][]} Headers */

/** @type {Map<string, Site>} */
const doors = new Map();

before(async () => {
  for (const [name, open] of Object.entries(DOORS)) doors.set(name, await open(there()));
});
after(async () => {
  for (const door of doors.values()) await door.close();
});

/** The same request at every door, and what arrived; the status where nothing did. @param {string} line @param {Headers} headers */
async function arrived(line, headers) {
  /** @type {[string, any][]} */
  const all = [];
  for (const [name, door] of doors) {
    const reply = await ask(door, line, headers);
    all.push([name, reply.status === 200 ? JSON.parse(reply.body) : reply.status]);
  }
  return all;
}

/** All names and values of all readings of the headers, in small letters. @param {any} told */
const everything = (told) => JSON.stringify([told.headers, told.raw, told.distinct]).toLowerCase();

test("the server is told all credential headers as they came, and the target as it was sent", async () => {
  const server = await says(200, JSON.stringify(ALLOWED));
  /** @type {Headers} */
  const headers = [
    ["AUTHORIZATION", "Bearer a"],
    ["Authorization", "Bearer \u00e9"],
    ["X_Api_Key", "k"],
    ["X-HTTP-Method-Override", "DELETE"],
    ["Cookie", "a=1"],
    ["Cookie", "b=2"],
    ["Origin", "http://library"],
    ["Sec-Fetch-Site", "same-origin"],
    ["X-Other", "theirs"],
    ["__proto__", "x"],
  ];
  for (const [name, open] of Object.entries(DOORS)) {
    const door = await open({ ...there(), url: server.url });
    await ask(door, "GET /he%61lth?a=b", headers);
    await door.close();
    const asked = server.asked.pop();
    assert.equal(asked?.url, "/v1/services/library/verify");
    const { headers: told, ...rest } = asked?.body;
    if (name === "fetch") {
      // Such a request has its repetitions joined, and these are still no credential.
      assert.deepEqual([told.authorization, told.cookie], [["Bearer a, Bearer \u00e9"], ["a=1; b=2"]]);
      assert.equal(rest.path, "/he%61lth?a=b");
      continue;
    }
    assert.deepEqual(rest, { method: "GET", path: "/he%61lth?a=b", client_ip: "127.0.0.1" }, name);
    assert.deepEqual(told, {
      host: ["library"],
      authorization: ["Bearer a", "Bearer \u00e9"],
      x_api_key: ["k"],
      "x-http-method-override": ["DELETE"],
      cookie: ["a=1", "b=2"],
      origin: ["http://library"],
      "sec-fetch-site": ["same-origin"],
    });
  }
  await server.close();
});

test("of two credentials of a fetch-style request none passes", async () => {
  for (const headers of [[read(), read()], [["X-API-Key", "x"], ["X-API-Key", variable("TOKEN_READ")]]]) {
    for (const [name, told] of await arrived("GET /books", /** @type {Headers} */ (headers))) {
      assert.equal(told, name === "fetch" ? 401 : 400, name);
    }
  }
});

test("the credential and what was forged stay here", async () => {
  /** @type {Headers} */
  const forged = [
    ["X-Symbolon-Owner", "root"],
    ["x_symbolon_role", "librarian"],
    ["X.Symbolon.Scopes", "write:books"],
    ["X-Symbolon-Later", "root"],
    ["X-API_Key", "k"],
    ["Proxy-Authorization", "Basic secret"],
    ["Accept", "text/plain"],
  ];
  for (const [name, told] of await arrived("GET /books", [read(), ...forged])) {
    assert.equal(told.grant.owner, "ann", name);
    for (const gone of ["symbolon", "root", "librarian", "authorization", "bearer", "api", "secret", "lib_"]) {
      assert(!everything(told).includes(gone), `${name}: ${gone} in ${everything(told)}`);
    }
    assert.equal(told.headers.accept, "text/plain", name);
    if (name === "fetch") continue;
    assert.deepEqual(told.raw, ["Host", "library", "Connection", "close", "Accept", "text/plain"], name);
    assert.deepEqual(told.distinct.accept, ["text/plain"], name);
  }
});

test("who wants the credential can have it, and never what was forged", async () => {
  for (const [name, open] of Object.entries(DOORS)) {
    const door = await open({ ...there(), keepCredentials: true });
    const reply = await ask(door, "GET /books", [read(), ["Cookie", "theirs=1"], ["X-Symbolon-Owner", "root"]]);
    await door.close();
    const told = JSON.parse(reply.body);
    assert.equal(told.headers.authorization, read()[1], name);
    assert.equal(told.headers.cookie, "theirs=1", name);
    assert(!everything(told).includes("symbolon"), name);
  }
});

test("cookies go on where no header is the credential", async () => {
  const cookies = "theirs=1; symbolon_session=x; __Host-symbolon_form=y; more=2";
  for (const [name, told] of await arrived("GET /books", [read(), ["Cookie", cookies]])) {
    assert(!everything(told).includes("theirs"), name);
  }
  for (const [name, told] of await arrived("GET /health", [["Cookie", cookies]])) {
    assert.equal(told.headers.cookie, "theirs=1; more=2", name);
    assert(!everything(told).includes("symbolon"), name);
  }
  for (const [name, told] of await arrived("GET /health", [["Cookie", "symbolon_session=x"]])) {
    assert(!everything(told).includes("cookie"), name);
  }
});

test("the application reads the path that was decided about", async () => {
  for (const [name, told] of await arrived("GET /%62ooks?a=%62", [read()])) {
    // Fastify has chosen its route by the spelling that came.
    if (name === "Fastify") assert.equal(told, 400);
    else assert.equal(told.url, "/books?a=%62", name);
    if (name.startsWith("Express")) assert.equal(told.original, "/books?a=%62", name);
  }
});

/**
 * What an application answers whose parts `build` puts together around the guard.
 * @param {any} framework @param {(app: any, guard: any) => void} build @param {string} line @param {Headers} headers
 */
async function around(framework, build, line, headers = [read()]) {
  const app = framework();
  build(app, forExpress.symbolon({ ...there(), log: () => {} }));
  const door = await served(app);
  const reply = await ask(door, line, headers);
  await door.close();
  return reply.status;
}

/** @type {(request: any, response: any) => void} */
const inside = (request, response) => response.json(request.symbolon.target);

test("below a mount of Express the whole path is decided about", async () => {
  for (const framework of EXPRESSES) {
    /** @type {(app: any, guard: any) => void} */
    const mounted = (app, guard) => app.use("/books", guard, inside);
    assert.equal(await around(framework, mounted, "GET /books?limit=1"), 200);
    assert.equal(await around(framework, mounted, "GET /books/odyssey"), 200);
    assert.equal(await around(framework, mounted, "GET /books/admin/x"), 404);
    assert.equal(await around(framework, mounted, "GET /BOOKS"), 404);
    // Express has read the path as it came, and would not read it again.
    assert.equal(await around(framework, mounted, "GET /books/%61bc"), 400);
    /** @type {(app: any, guard: any) => void} */
    const nested = (app, guard) => {
      const [outer, inner] = [framework.Router(), framework.Router()];
      inner.get("/:book", guard, inside);
      app.use("/", outer.use("/books", inner));
    };
    assert.equal(await around(framework, nested, "GET /books/odyssey"), 200);
    assert.equal(await around(framework, nested, "GET /books/%6fdyssey"), 400);
    assert.equal(await around(framework, nested, "GET /books/odyssey", []), 401);
    /** @type {(app: any, guard: any) => void} */
    const routed = (app, guard) => app.get("/:book", guard, inside);
    assert.equal(await around(framework, routed, "GET /books"), 200);
    assert.equal(await around(framework, routed, "GET /%62ooks"), 400);
  }
});

test("where something before the guard of Express has changed the path, nothing is decided", async () => {
  for (const framework of EXPRESSES) {
    for (const changed of ["/admin/readers", "/health", "/books/", "/books?limit=2"]) {
      /** @type {(app: any, guard: any) => void} */
      const rewritten = (app, guard) => {
        app.use((/** @type {any} */ request, /** @type {any} */ _, /** @type {() => void} */ next) => {
          request.url = changed;
          next();
        });
        app.use(guard, inside);
      };
      assert.equal(await around(framework, rewritten, "GET /books"), 503, changed);
    }
    /** @type {(app: any, guard: any) => void} */
    const meanwhile = (app, guard) => {
      app.use((/** @type {any} */ request, /** @type {any} */ response, /** @type {() => void} */ next) => {
        guard(request, response, next);
        request.url = "/admin/readers";
      });
      app.use(inside);
    };
    assert.equal(await around(framework, meanwhile, "GET /books"), 503);
  }
});

test("what something before the guard has made of the method is what is decided about", async () => {
  for (const framework of EXPRESSES) {
    /** @type {(app: any, guard: any) => void} */
    const overridden = (app, guard) => {
      app.use((/** @type {any} */ request, /** @type {any} */ _, /** @type {() => void} */ next) => {
        request.method = "PUT";
        next();
      });
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

/** @type {Headers} */
const UPGRADE = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

test("where nothing takes upgrades, one is decided about as the request that it is", async () => {
  for (const [name, told] of await arrived("GET /books", UPGRADE)) {
    if (name !== "fetch") assert.equal(told, 401, name);
  }
  for (const [name, told] of await arrived("GET /books", [...UPGRADE, read()])) {
    if (name !== "fetch") assert.equal(told.grant.owner, "ann", name);
  }
});

test("an upgrade is decided about before it is accepted", async () => {
  const { upgrades } = await import("./readme/upgrade.js");
  const server = createServer();
  upgrades(server);
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  const door = site(server);
  const accepted = await ask(door, "GET /books", [...UPGRADE, read()]);
  assert.deepEqual([accepted.status, accepted.headers.upgrade], [101, "websocket"]);
  for (const [line, headers, status] of /** @type {[string, Headers, number][]} */ ([
    ["GET /books", [], 401],
    ["GET /admin/readers", [read()], 403],
    ["GET /%62ooks", [read()], 400],
  ])) {
    const refused = await ask(door, line, [...UPGRADE, ...headers]);
    assert.deepEqual([refused.status, JSON.parse(refused.body).status], [status, status], line);
    assert.equal(refused.headers.connection, "close");
  }
  // Whoever goes away meanwhile takes nothing down.
  const socket = connect(door.port, "127.0.0.1");
  const head = [...UPGRADE, read()].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`GET /books HTTP/1.1\r\nHost: library\r\n${head}\r\n`, () => socket.resetAndDestroy());
  await new Promise((closed) => socket.on("close", closed));
  assert.equal((await ask(door, "GET /books", UPGRADE)).status, 401);
  await door.close();
});

test("a fetch-style request goes on with its body", async () => {
  const symbolon = new Symbolon(there());
  const headers = { authorization: `Bearer ${variable("TOKEN_WRITE")}`, "content-type": "text/plain" };
  const request = new Request("http://library/%62ooks/x?a=b#c", { method: "PUT", headers, body: "Ithaca" });
  const passed = await symbolon.guard(request);
  assert(!(passed instanceof Response));
  assert.equal(passed.request.url, "http://library/books/x?a=b");
  assert.equal(passed.request.method, "PUT");
  assert.deepEqual([...passed.request.headers.keys()], ["content-type"]);
  assert.equal(await passed.request.text(), "Ithaca");
  const refused = await symbolon.guard(new Request("http://library/books"));
  assert(refused instanceof Response);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer/);
});
