// What is asked about, and what the application sees of it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { Symbolon } from "symbolon";
import { symbolon } from "symbolon/express";

import { DOORS, EXPRESSES } from "./doors.js";
import { ALLOWED, ask, read, says, served, site, there, variable } from "./stage.js";

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

test("the client's address is the one that the framework was told to believe", async () => {
  const server = await says(200, JSON.stringify(ALLOWED));
  for (const framework of EXPRESSES) {
    for (const [trusted, told, address] of [
      [false, "192.0.2.1", "127.0.0.1"],
      [true, "192.0.2.1", "192.0.2.1"],
      [true, "::ffff:192.0.2.1", "192.0.2.1"],
      [true, "2001:db8::1", "2001:db8::1"],
      [true, "nobody", undefined],
    ]) {
      const app = framework().set("trust proxy", trusted);
      app.use(symbolon({ ...there(), url: server.url }));
      const door = await served(app);
      await ask(door, "GET /health?a=b", [["X-Forwarded-For", String(told)]]);
      await door.close();
      assert.equal(server.asked.pop()?.body.client_ip, address, String(told));
    }
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
  const asked = new Symbolon(there());
  const headers = { authorization: `Bearer ${variable("TOKEN_WRITE")}`, "content-type": "text/plain" };
  const request = new Request("http://library/%62ooks/x?a=b#c", { method: "PUT", headers, body: "Ithaca" });
  const passed = await asked.guard(request);
  assert(!(passed instanceof Response));
  assert.equal(passed.request.url, "http://library/books/x?a=b");
  assert.equal(passed.request.method, "PUT");
  assert.deepEqual([...passed.request.headers.keys()], ["content-type"]);
  assert.equal(await passed.request.text(), "Ithaca");
  const refused = await asked.guard(new Request("http://library/books"));
  assert(refused instanceof Response);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer/);
});
