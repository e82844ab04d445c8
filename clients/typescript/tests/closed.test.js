// What cannot be known passes nobody.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";

import { Grant, Refusal, requires, Symbolon } from "symbolon";
import * as forExpress from "symbolon/express";

import { DOORS, EXPRESSES } from "./doors.js";
import { ALLOWED, ask, read, says, served, there, variable } from "./stage.js";

const PROBLEM = { type: "", title: "", status: 404, code: "no_route", detail: "", request_id: "" };
const REFUSED = { ...ALLOWED, allowed: false, code: "no_route", status: 404, answer: { headers: {}, problem: PROBLEM } };

/**
 * How each door answers, with what stands at `url`.
 * @param {string} url @param {Partial<import("symbolon").Options>} options
 */
async function statuses(url, options = {}) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const [name, open] of Object.entries(DOORS)) {
    const site = await open({ url, service: "library", key: "symkey_x", log: () => {}, ...options });
    const reply = await ask(site, "GET /health?a=b");
    await site.close();
    found[name] = reply.status;
    if (reply.status !== 503) continue;
    assert.equal(JSON.parse(reply.body).code, "unavailable", name);
    assert.equal(reply.headers["retry-after"], "1", name);
    assert.equal(reply.headers["content-type"], "application/problem+json", name);
    assert.equal(reply.headers["cache-control"], "no-store", name);
  }
  return found;
}

/** The same status at every door. @param {number} status */
const everywhere = (status) => Object.fromEntries(Object.keys(DOORS).map((name) => [name, status]));

/** @param {unknown} reply */
async function answered(reply, status = 200, headers = {}) {
  const body = typeof reply === "string" ? reply : JSON.stringify(reply);
  const server = await says(status, body, headers);
  const found = await statuses(server.url);
  await server.close();
  return found;
}

test("a server that is away or late passes nobody", async () => {
  /** @type {import("node:net").Socket[]} */
  const held = [];
  const silent = createServer((socket) => held.push(socket));
  await new Promise((listening) => silent.listen(0, "127.0.0.1", () => listening(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (silent.address());
  /** @type {string[]} */
  const said = [];
  /** @param {string} message */
  const log = (message) => said.push(message);
  assert.deepEqual(await statuses(`http://127.0.0.1:${port}`, { timeoutMs: 50, log }), everywhere(503));
  assert.deepEqual(said, Array(4).fill("Symbolon did not decide about library: TimeoutError"));
  held.forEach((socket) => socket.destroy());
  await new Promise((closed) => silent.close(closed));
  assert.deepEqual(await statuses(`http://127.0.0.1:${port}`, { log }), everywhere(503));
  assert.match(said[4] ?? "", /: TypeError, ECONNREFUSED$/);
});

test("an answer that begins in time and does not end passes nobody", async () => {
  const server = await served((request, response) => {
    response.writeHead(200, { "content-length": JSON.stringify(ALLOWED).length });
    response.write(JSON.stringify(ALLOWED).slice(0, -1));
  });
  assert.deepEqual(await statuses(`http://127.0.0.1:${server.port}`, { timeoutMs: 50 }), everywhere(503));
  await server.close();
});

test("a bad key passes nobody", async () => {
  assert.deepEqual(await statuses(variable("SYMBOLON_URL")), everywhere(503));
});

test("a server that answers nonsense passes nobody", async () => {
  const token = { id: "t", name: "n", effective_scopes: ["read:books"] };
  const nonsense = [
    {},
    [],
    null,
    "<html>",
    { allowed: true },
    { ...ALLOWED, allowed: "yes" },
    { ...ALLOWED, allowed: false },
    { ...ALLOWED, code: "no_route" },
    { ...ALLOWED, status: 403 },
    { ...ALLOWED, principal: "root" },
    { ...ALLOWED, principal: "token" },
    { ...ALLOWED, token },
    { ...ALLOWED, principal: "token", token: { ...token, effective_scopes: "read:books" } },
    { ...ALLOWED, owner: ["ann"] },
    { ...ALLOWED, target: null },
    { ...ALLOWED, target: "health?a=b" },
    { ...ALLOWED, target: "/health?a=c" },
    { ...ALLOWED, target: "/health" },
    { ...REFUSED, answer: { headers: {}, problem: { ...PROBLEM, status: 200 } } },
    { ...REFUSED, status: 200, answer: { headers: {}, problem: { ...PROBLEM, status: 200 } } },
    { ...REFUSED, status: 403 },
    { ...REFUSED, code: "allowed", answer: { headers: {}, problem: { ...PROBLEM, code: "allowed" } } },
    { ...REFUSED, answer: { headers: {}, problem: { ...PROBLEM, code: "human_only" } } },
    { ...REFUSED, answer: { headers: { allow: ["GET"] }, problem: PROBLEM } },
    { ...REFUSED, answer: { headers: { allow: "GET\r\nX-Other: theirs" }, problem: PROBLEM } },
  ];
  for (const reply of nonsense) assert.deepEqual(await answered(reply), everywhere(503), inspect(reply));
  assert.deepEqual(await answered(ALLOWED, 201), everywhere(503));
  assert.deepEqual(await answered(ALLOWED, 500), everywhere(503));
  const server = await says(401, "{}");
  /** @type {string[]} */
  const told = [];
  const asking = new Symbolon({ ...there(), url: server.url, log: (line) => told.push(line) });
  const decision = await asking.verify("GET", "/health", []);
  assert.equal("status" in decision && decision.status, 503);
  assert.deepEqual(told, ["Symbolon did not decide about library: the server answered 401"]);
  await server.close();
  // These are no nonsense, so that the others prove something.
  assert.deepEqual(await answered(ALLOWED), everywhere(200));
  assert.deepEqual(await answered(REFUSED), everywhere(404));
});

test("a redirect is not followed, with anybody's secret", async () => {
  const elsewhere = await says(200, JSON.stringify(ALLOWED));
  for (const status of [301, 302, 303, 307, 308]) {
    assert.deepEqual(await answered("", status, { location: elsewhere.url }), everywhere(503), String(status));
  }
  assert.deepEqual(elsewhere.asked, []);
  await elsewhere.close();
});

test("nothing keeps an answer: each request is asked about", async () => {
  const server = await says(200, JSON.stringify(ALLOWED), { "cache-control": "max-age=3600" });
  const symbolon = new Symbolon({ ...there(), url: server.url });
  const { fetch } = globalThis;
  /** @type {(RequestInit | undefined)[]} */
  const given = [];
  // Frameworks put a `fetch` of theirs here that keeps answers, unless it is told not to.
  globalThis.fetch = (input, options) => fetch(input, given[given.push(options) - 1]);
  for (let at = 0; at < 3; at += 1) await symbolon.verify("GET", "/health?a=b", []);
  globalThis.fetch = fetch;
  assert.equal(server.asked.length, 3);
  assert.deepEqual(given.map((options) => options?.cache), Array(3).fill("no-store"));
  await server.close();
});

test("what the middleware itself fails at passes nobody, whatever handles errors", async () => {
  for (const framework of EXPRESSES) {
    const app = framework();
    const symbolon = new Symbolon({ ...there(), log: () => assert.fail("a log that fails") });
    app.use((/** @type {any} */ request, /** @type {any} */ _, /** @type {() => void} */ next) => {
      Object.defineProperty(request, "ip", { get: () => assert.fail("broken") });
      next();
    });
    app.use(forExpress.symbolon(symbolon));
    app.use(/** @type {import("express").ErrorRequestHandler} */ ((_error, _request, _response, next) => next()));
    app.use((/** @type {any} */ _, /** @type {any} */ response) => response.send("in"));
    const site = await served(app);
    assert.equal((await ask(site, "GET /health")).status, 503);
    await site.close();
  }
});

test("a handler without a guard answers that nothing was decided", async () => {
  for (const framework of EXPRESSES) {
    const app = framework();
    app.get("/in", (/** @type {any} */ request, /** @type {any} */ response) => response.json(requires(request).kind));
    const site = await served(app);
    const reply = await ask(site, "GET /in");
    await site.close();
    assert.deepEqual([reply.status, reply.headers["retry-after"]], [503, "1"]);
  }
  assert.throws(() => requires({ symbolon: { kind: "system", owner: "root" } }), { status: 503, statusCode: 503 });
});

test("a secret is in no log and no text", async () => {
  /** @type {string[]} */
  const said = [];
  const token = variable("TOKEN_READ");
  const symbolon = new Symbolon({ ...there(), log: (message) => said.push(message) });
  const grant = await symbolon.verify("GET", "/books", [read()]);
  const refusal = await symbolon.verify("PUT", "/books/x", [read()]);
  const away = new Symbolon({ ...there(), url: "http://127.0.0.1:1", log: (message) => said.push(message) });
  const gone = await away.verify("GET", "/books", [read()]);
  assert(grant instanceof Grant && refusal instanceof Refusal && gone instanceof Refusal);
  assert.deepEqual([grant.scopes, refusal.status, gone.code], [["read:books"], 403, "unavailable"]);
  assert.match(said.join(), /did not decide about library/);
  const printed = [symbolon, away, grant, refusal, gone].flatMap((each) => [
    inspect(each, { showHidden: true, depth: null }),
    JSON.stringify(each),
  ]);
  for (const text of [...printed, ...said]) assert(!text.includes(token) && !text.includes(variable("SYMBOLON_KEY")), text);
});

test("what cannot be asked is refused in a sentence", () => {
  const right = { url: "http://x", service: "library", key: "k" };
  const wrong = [
    { url: undefined },
    { url: "ftp://x" },
    { url: "http://x/v1" },
    { url: "http://u@x" },
    { url: "http://x?y" },
    { key: undefined },
    { key: "two words" },
    { key: "" },
    { service: "" },
    { timeoutMs: 0 },
    { timeoutMs: NaN },
    { timeoutMs: Infinity },
  ];
  for (const each of wrong) assert.throws(() => new Symbolon({ ...right, ...each }), TypeError, inspect(each));
  new Symbolon(right);
});
