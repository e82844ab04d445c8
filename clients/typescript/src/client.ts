/** Asking a Symbolon server, each time. */

import { Grant, question, read, Refusal, seen, spelling, unavailable, type HeaderPairs } from "./wire.js";

/** How to ask. */
export interface Options {
  /** The server's address, such as `http://127.0.0.1:7070`. */
  readonly url: string | undefined;
  /** The service that this application is, by its name in the catalog. */
  readonly service: string;
  /** A verifier key of the service. */
  readonly key: string | undefined;
  /** How long to wait for an answer, in milliseconds, connecting and all; 2000 if not said. After it the answer is 503. */
  readonly timeoutMs?: number;
  /** Leaves the caller's credential in the request, for an application that looks at it too. */
  readonly keepCredentials?: boolean;
  /** Where to say why nothing was decided; `console.warn` if not said. What is said holds no secret. */
  readonly log?: (message: string) => void;
}

/** A fetch-style request that was allowed. */
export interface Allowed {
  readonly grant: Grant;
  /** The request as the application may see it: for the canonical target, without the caller's credential. */
  readonly request: Request;
}

const TIMEOUT_MS = 2000;

/** A Symbolon server, asked about the requests of one service. It prints without its key. */
export class Symbolon {
  readonly service: string;
  readonly keepCredentials: boolean;
  readonly #address: string;
  readonly #authorization: string;
  readonly #timeoutMs: number;
  readonly #log: (message: string) => void;

  /** Throws a `TypeError` that says what would be right, where nobody could be asked so. Nothing is called yet. */
  constructor({ url, service, key, timeoutMs = TIMEOUT_MS, keepCredentials = false, log }: Options) {
    if (url === undefined || !/^https?:\/\/[^/?#@\s\\]+\/?$/.test(url)) {
      throw new TypeError(`${url ?? "nothing"} is no address of Symbolon's; it is such as http://127.0.0.1:7070`);
    }
    if (!service) throw new TypeError("the service is missing; it has the name of its catalog");
    if (key === undefined || !/^[!-~]+$/.test(key)) {
      throw new TypeError("the key is missing, or has characters that no header can carry; it is visible ASCII");
    }
    if (!(timeoutMs > 0 && timeoutMs <= 0x7fffffff)) throw new TypeError("timeoutMs is a number of milliseconds above 0");
    this.service = service;
    this.keepCredentials = keepCredentials;
    this.#address = `${url.replace(/\/$/, "")}/v1/services/${encodeURIComponent(service)}/verify`;
    this.#authorization = `Bearer ${key}`;
    this.#timeoutMs = timeoutMs;
    this.#log = log ?? ((message) => console.warn(message));
  }

  /**
   * Decides about a request: its method, its target as it was sent, and all its headers in their order.
   *
   * It never throws: what cannot be asked, or is not answered in time or in full, is a refusal with status 503.
   */
  async verify(method: string, target: string, headers: HeaderPairs, clientIp?: string): Promise<Grant | Refusal> {
    try {
      const reply = await fetch(this.#address, {
        method: "POST",
        headers: { authorization: this.#authorization, "content-type": "application/json" },
        body: question(method, target, headers, clientIp),
        // A redirect is not to see a caller's secret, nor is anything to answer in the server's place.
        redirect: "manual",
        cache: "no-store",
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      return read(reply.status, await reply.text(), target);
    } catch (error) {
      return this.unknown(error);
    }
  }

  /**
   * Decides about a fetch-style request. What is refused comes back as the answer to give.
   *
   * The target is the one of the request's URL, which is what such an application reads too.
   */
  async guard(request: Request, clientIp?: string): Promise<Allowed | Response> {
    const decision = await this.#decided(request, clientIp);
    if (!(decision instanceof Refusal)) return decision;
    const body = request.method === "HEAD" ? null : decision.body;
    return new Response(body, { status: decision.status, headers: decision.headers });
  }

  async #decided(request: Request, clientIp: string | undefined): Promise<Allowed | Refusal> {
    try {
      const { origin, pathname, search } = new URL(request.url);
      const grant = await this.verify(request.method, pathname + search, request.headers, clientIp);
      if (grant instanceof Refusal) return grant;
      const url = new URL(origin + grant.target);
      // Another reading of the target would be another target.
      if (url.pathname + url.search !== grant.target) return spelling();
      const headers = new Headers();
      const may = seen(grant, request.headers.keys(), this.keepCredentials);
      for (const [name, value] of request.headers) {
        const left = may(name, value);
        if (left !== undefined) headers.append(name, left);
      }
      return { grant, request: new Request(new Request(url, request), { headers }) };
    } catch (error) {
      return this.unknown(error);
    }
  }

  /** @internal Nothing can be known, for this reason. */
  unknown(error: unknown): Refusal {
    // An error's text may quote what was sent; its kind does not.
    const kinds = [error, (error as { cause?: unknown } | undefined)?.cause].map(kind).filter((text) => text !== "");
    try {
      this.#log(`Symbolon did not decide about ${this.service}: ${kinds.join(", ")}`);
    } catch {
      // Who cannot write a log is still no reason to let anybody pass.
    }
    return unavailable();
  }
}

/** A word for what an error is, such as `TypeError` or `ECONNREFUSED`. */
function kind(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? code : error.name;
}
