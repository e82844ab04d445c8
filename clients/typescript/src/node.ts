/** A request of Node's own HTTP server. */

import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP, isIPv4 } from "node:net";
import type { Duplex } from "node:stream";

import type { Symbolon } from "./client.js";
import { Grant, Refusal, seen, spelling, type Seen } from "./wire.js";

export { Grant, Refusal } from "./wire.js";

/**
 * Decides about a request, and makes an allowed one such as the application may see it, without the credential.
 *
 * `target` is the target as it was sent, where `request.url` may be it no more, and `address` the client's. Who acts on the
 * path acts on the grant's `target`.
 */
export async function admit(
  symbolon: Symbolon,
  request: IncomingMessage,
  target = request.url ?? "",
  address = request.socket.remoteAddress,
): Promise<Grant | Refusal> {
  try {
    const decision = await symbolon.verify(request.method ?? "", target, told(request.rawHeaders), ip(address));
    if (decision instanceof Grant) clean(request, decision, symbolon.keepCredentials);
    return decision;
  } catch (error) {
    return symbolon.unknown(error);
  }
}

/** Answers what was refused. */
export function answer(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const length = Buffer.byteLength(refusal.body);
  response.writeHead(refusal.status, { ...refusal.headers, "content-length": length }).end(refusal.body);
}

/**
 * Decides about a request to become a WebSocket, for a listener of `upgrade`: no framework's middleware sees such a request
 * where there is one. A refusal is answered; then nothing comes back, and the socket is not to be used any more.
 */
export async function admitUpgrade(
  symbolon: Symbolon,
  request: IncomingMessage,
  socket: Duplex,
): Promise<Grant | undefined> {
  // Nobody else listens for an error of it yet, and one that nobody listens for ends the process.
  const gone = () => socket.destroy();
  socket.on("error", gone);
  const decision = await admit(symbolon, request);
  if (decision instanceof Grant && decision.target === request.url) {
    return socket.destroyed ? undefined : decision;
  }
  const { status, headers, body } = decision instanceof Grant ? spelling() : decision;
  const fields = { ...headers, "content-length": Buffer.byteLength(body), connection: "close" };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`, gone);
  return undefined;
}

/** Headers as they came: `rawHeaders` has each name and then its value. */
function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? "", raw[at + 1] ?? ""];
}

/** The same as a server of HTTP/1.1 would have them: there `:authority` is `Host` (RFC 9113 section 8.3.1). */
function* told(raw: readonly string[]): Generator<readonly [string, string]> {
  for (const [name, value] of pairs(raw)) yield [name === ":authority" ? "host" : name, value];
}

/** The other end's address, where there is one. A socket file has none. */
function ip(address: string | undefined): string | undefined {
  const mapped = address?.replace(/^::ffff:/i, "");
  const plain = mapped !== undefined && isIPv4(mapped) ? mapped : address;
  return plain !== undefined && isIP(plain) !== 0 && !plain.includes("%") ? plain : undefined;
}

/** Takes out of all three readings of the headers what the application may not see. */
function clean(request: IncomingMessage, grant: Grant, keepCredentials: boolean): void {
  const raw = [...pairs(request.rawHeaders)];
  const names = [...raw.map(([name]) => name), ...Object.keys(request.headers)];
  const may = seen(grant, names, keepCredentials);
  // Both are made from `rawHeaders` when they are first asked for, and have to be made before that is shorter. HTTP/2 has
  // no second.
  const distinct = request.headersDistinct as NodeJS.Dict<string[]> | undefined;
  filter(request.headers as NodeJS.Dict<string | string[]>, may);
  if (distinct) filter(distinct, may);
  const left = raw.flatMap(([name, value]) => {
    const kept = may(name, value);
    return kept === undefined ? [] : [name, kept];
  });
  request.rawHeaders.splice(0, request.rawHeaders.length, ...left);
}

function filter(headers: NodeJS.Dict<string | string[]>, may: Seen): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const several = Array.isArray(value);
    const kept = (several ? value : [value]).flatMap((each) => may(name, each) ?? []);
    if (kept.length === 0) delete headers[name];
    else headers[name] = several ? kept : kept[0];
  }
}
