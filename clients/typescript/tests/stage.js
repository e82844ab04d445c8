// What the tests share: applications that are served, requests exactly as they are given, and a server in Symbolon's place.

import { createServer } from "node:http";
import { connect } from "node:net";

/** @typedef {{ status: number, headers: Record<string, string>, body: string }} Reply */
/** @typedef {{ port: number, close: () => Promise<void> }} Site */

/** Serves a handler of Node's at a free port. @param {import("node:http").RequestListener} handler @returns {Promise<Site>} */
export async function served(handler) {
  const server = createServer(handler);
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  return site(server);
}

/** @param {import("node:http").Server} server @returns {Site} */
export function site(server) {
  // A test that fails leaves it open, and is to end all the same.
  server.unref();
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  const close = () =>
    new Promise((closed) => {
      server.close(() => closed(undefined));
      server.closeAllConnections();
    });
  return { port: address.port, close: /** @type {() => Promise<void>} */ (close) };
}

/** Serves a Fastify application. @param {import("fastify").FastifyInstance} app @returns {Promise<Site>} */
export async function fastified(app) {
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: site(app.server).port, close: () => app.close() };
}

/**
 * One request, exactly as it is given.
 * @param {Site} site @param {string} line @param {[string, string][]} headers @param {string} body @returns {Promise<Reply>}
 */
export async function ask(site, line, headers = [], body = "") {
  const given = [["Host", "library"], ["Connection", "close"], ...headers].filter(([name], at) => {
    // A test that says how the connection goes on says it alone.
    return at !== 1 || !headers.some(([other]) => other.toLowerCase() === name?.toLowerCase());
  });
  const head = [`${line} HTTP/1.1`, ...given.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  const socket = connect(site.port, "127.0.0.1");
  socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
  socket.write(head + body, "latin1");
  /** @type {Buffer[]} */
  const parts = [];
  for await (const part of socket) {
    parts.push(part);
    const so = reply(Buffer.concat(parts), line.startsWith("HEAD "));
    if (so) {
      socket.destroy();
      return so;
    }
  }
  throw new Error(`half an answer: ${Buffer.concat(parts)}`);
}

/** @param {Buffer} bytes @param {boolean} head @returns {Reply | undefined} */
function reply(bytes, head) {
  const [first = "", ...rest] = bytes.toString("latin1").split("\r\n\r\n");
  if (rest.length === 0) return undefined;
  const [status = "", ...lines] = first.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = rest.join("\r\n\r\n");
  const length = head ? 0 : Number(headers["content-length"] ?? 0);
  const whole = { status: Number(status.split(" ")[1]), headers, body: Buffer.from(body, "latin1").toString() };
  return body.length < length ? undefined : whole;
}

/** The settings of the running Symbolon that the tests are given. */
export function there() {
  return { url: variable("SYMBOLON_URL"), service: "library", key: variable("SYMBOLON_KEY") };
}

/** @param {string} name */
export function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`the tests run against a Symbolon server; ${name} is missing`);
  return value;
}

/** A token that may read, as a header. @returns {[string, string]} */
export const read = () => ["Authorization", `Bearer ${variable("TOKEN_READ")}`];

/** What a server says who allows everybody to ask for their health. */
export const ALLOWED = {
  allowed: true,
  code: "allowed",
  status: 200,
  principal: "anonymous",
  owner: null,
  role: null,
  token: null,
  target: "/health?a=b",
};

/**
 * A server in Symbolon's place that answers everything so, and remembers what it was asked.
 * @param {number} status @param {string} body @param {Record<string, string>} headers
 */
export async function says(status, body, headers = {}) {
  /** @type {{ url: string | undefined, body: any }[]} */
  const asked = [];
  const site = await served((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      asked.push({ url: request.url, body: JSON.parse(text || "null") });
      response.writeHead(status, headers).end(body);
    });
  });
  return { url: `http://127.0.0.1:${site.port}`, asked, close: site.close };
}
