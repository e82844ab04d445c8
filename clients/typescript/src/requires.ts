import { Grant } from "./wire.js";

/** Nothing was decided about a request. Express and Fastify answer it with its status and headers. */
export class Undecided extends Error {
  override readonly name = "Undecided";
  readonly status = 503;
  readonly statusCode = 503;
  readonly headers = { "retry-after": "1" };
}

/**
 * The grant of a request. Where there is none nothing was decided, and it throws what is answered with 503, for every other
 * answer would say that something was.
 */
export function requires(request: { readonly symbolon?: unknown }): Grant {
  if (request.symbolon instanceof Grant) return request.symbolon;
  throw new Undecided("nothing was decided; no symbolon stands in front of this handler");
}
