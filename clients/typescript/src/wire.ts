/** The question and its two answers, as they go over the wire. */

/** Who was recognised. */
export type Kind = "token" | "session" | "system" | "anonymous";

/** Headers in their order, each repetition with an entry of its own. Each character of a value is one byte. */
export type HeaderPairs = Iterable<readonly [name: string, value: string]>;

/** The token of a request. Nothing of it is secret. */
export interface Token {
  readonly id: string;
  readonly name: string;
}

/** The catalog's route of a request: its method, and its pattern without the mount. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** What a decision says of an allowed request. */
interface Granted {
  kind: Kind;
  token: Token | null;
  owner: string | null;
  role: string | null;
  scopes: readonly string[];
  route: Route | null;
  target: string;
}

/** Who makes a request that was allowed. */
export class Grant {
  readonly kind: Kind;
  /** What a caller presented who is of this kind. */
  readonly token: Token | null;
  readonly owner: string | null;
  readonly role: string | null;
  /** The effective scopes of a token, and empty for every other caller. */
  readonly scopes: readonly string[];
  readonly route: Route | null;
  /** The canonical form of the request's target, and the only one that may be acted on. */
  readonly target: string;

  private constructor(granted: Granted) {
    this.kind = granted.kind;
    this.token = granted.token;
    this.owner = granted.owner;
    this.role = granted.role;
    this.scopes = Object.freeze([...granted.scopes]);
    this.route = granted.route;
    this.target = granted.target;
    Object.freeze(this);
  }

  /** @internal A grant is what a server's reply says. */
  static of(granted: Granted): Grant {
    return new Grant(granted);
  }
}

/**
 * A request that may not pass, or about which nothing can be known, with the answer to give.
 *
 * `status` is 503 and `code` is `unavailable` where nothing was decided. `body` is a problem of RFC 9457, as JSON.
 */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly headers: Readonly<Record<string, string>>,
    readonly body: string,
  ) {}
}

const FIXED = { "content-type": "application/problem+json", "cache-control": "no-store" };

function problem(status: number, code: string, title: string, detail: string): string {
  const type = `urn:symbolon:error:${code}`;
  return JSON.stringify({ type, title, status, code, detail, request_id: "" });
}

/** Nothing was decided: neither a denial nor a pass. */
export function unavailable(): Refusal {
  const title = "This cannot be decided now; try again.";
  const body = problem(503, "unavailable", title, "nothing was decided; try again");
  return new Refusal(503, "unavailable", { ...FIXED, "retry-after": "1" }, body);
}

/** The request was allowed in another spelling than the one that the application has read already. */
export function spelling(): Refusal {
  const detail = "the path is not in its canonical form, and the application has read it already";
  const body = problem(400, "invalid_request", "The request is not valid.", detail);
  return new Refusal(400, "invalid_request", FIXED, body);
}

// What a decision depends on, beside whatever may hold a credential or ask for another method.
const TOLD = new Set(["cookie", "host", "origin", "sec-fetch-site", "upgrade", "sec-websocket-key"]);
const CREDENTIALS = new Set(["authorization", "x-api-key", "proxy-authorization"]);
const OVERRIDES = new Set(["x-http-method-override", "x-http-method", "x-method-override"]);
const OWN_COOKIE = /^(__host-)?symbolon_/;

/** A header's name as an application may read it: servers of old fold every mark into `-` or `_`. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

/** Whether an application could take a header of this name for what Symbolon says of the caller. */
function isIdentity(name: string): boolean {
  return folded(name).startsWith("x-symbolon-");
}

/** Whether an application may look for a credential in a header of this name. */
function isCredential(name: string): boolean {
  return CREDENTIALS.has(folded(name));
}

/** The cookies of a header but for Symbolon's own, with which an application has no business. */
function withoutOwnCookies(value: string): string {
  const pairs = value.split(";").map((pair) => pair.trim());
  const own = (pair: string) => OWN_COOKIE.test(pair.toLowerCase());
  return pairs.filter((pair) => pair !== "" && !own(pair)).join("; ");
}

/** What the application is to see of a header's value; `undefined` where that is nothing. */
export type Seen = (name: string, value: string) => string | undefined;

/** What an application may see of the headers of a request that was allowed. */
export function seen(grant: Grant, names: Iterable<string>, keepCredentials: boolean): Seen {
  const byHeader = [...names].some(isCredential);
  return (name, value) => {
    if (isIdentity(name)) return undefined;
    if (keepCredentials) return value;
    if (isCredential(name)) return undefined;
    if (folded(name) !== "cookie") return value;
    // Beside a header with a credential, an application that also reads cookies would judge by those.
    if (byHeader && grant.kind !== "anonymous") return undefined;
    return withoutOwnCookies(value) || undefined;
  };
}

/** The body of the call. */
export function question(method: string, target: string, headers: HeaderPairs, clientIp: string | undefined): string {
  // Without a prototype: a header of any name is only a header.
  const told: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (TOLD.has(lower) || isCredential(name) || OVERRIDES.has(folded(name))) (told[lower] ??= []).push(value);
  }
  return JSON.stringify({ method, path: target, headers: told, client_ip: clientIp });
}

/** The server had no decision for us; 401 and 403 are about the key. Its name is what the log is told. */
class Answered extends Error {
  constructor(status: number) {
    super();
    this.name = `the server answered ${status}`;
  }
}

/** The decision about `target` in a reply. Throws where there is none. */
export function read(status: number, body: string, target: string): Grant | Refusal {
  if (status !== 200) throw new Answered(status);
  const reply = object(JSON.parse(body));
  if (reply["allowed"] === true) return granted(reply, target);
  if (reply["allowed"] === false) return refused(reply);
  throw new Error("neither allowed nor refused");
}

function granted(reply: Fields, asked: string): Grant {
  const { principal: kind, token: record, route } = reply;
  if (kind !== "token" && kind !== "session" && kind !== "system" && kind !== "anonymous") {
    throw new Error("a caller of no known kind");
  }
  if (reply["code"] !== "allowed" || reply["status"] !== 200 || (record != null) !== (kind === "token")) {
    throw new Error("it does not hold together");
  }
  const target = text(reply["target"]);
  // A part of the path was perhaps escaped; nothing else can have become of it, least of all of its query.
  if (!target.startsWith("/") || queryOf(target) !== queryOf(asked)) throw new Error("a decision about another request");
  const token = record == null ? null : object(record);
  const pattern = route == null ? null : object(route);
  return Grant.of({
    kind,
    token: token && { id: text(token["id"]), name: text(token["name"]) },
    owner: reply["owner"] == null ? null : text(reply["owner"]),
    role: reply["role"] == null ? null : text(reply["role"]),
    scopes: token ? list(token["effective_scopes"]).map(text) : [],
    route: pattern && { method: text(pattern["method"]), path: text(pattern["path"]) },
    target,
  });
}

function refused(reply: Fields): Refusal {
  const answer = object(reply["answer"]);
  const [about, headers] = [object(answer["problem"]), object(answer["headers"])];
  const status = about["status"];
  if (typeof status !== "number" || !Number.isInteger(status) || status < 400 || status > 599) {
    throw new Error("a refusal without a status of one");
  }
  if (status !== reply["status"]) throw new Error("a refusal with two statuses");
  const code = text(about["code"]);
  if (code === "allowed" || code !== reply["code"]) throw new Error("a refusal without a code of one");
  const given = ["www-authenticate", "allow", "retry-after"].filter((name) => headers[name] != null);
  const values = given.map((name) => [name, visible(headers[name])] as const);
  return new Refusal(status, code, { ...FIXED, ...Object.fromEntries(values) }, JSON.stringify(about));
}

/** What follows the first `?`, and whether there is one. */
function queryOf(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? "" : target.slice(at);
}

type Fields = Record<string, unknown>;

function object(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("no object");
  return value as Fields;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new Error("no text");
  return value;
}

/** What a header can carry. With anything else the answer could not be written. */
function visible(value: unknown): string {
  const found = text(value);
  if (!/^[ -~]*$/.test(found)) throw new Error("no header's value");
  return found;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("no list");
  return value;
}
