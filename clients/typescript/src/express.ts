/** An Express application with Symbolon in front of it. */

import type { IncomingMessage, ServerResponse } from "node:http";

import { Symbolon, type Options } from "./client.js";
import { admit, answer } from "./node.js";
import { Grant, Refusal, spelling } from "./wire.js";

export { Symbolon, type Options } from "./client.js";
export { requires } from "./requires.js";
export { Grant, Refusal } from "./wire.js";

declare global {
  namespace Express {
    interface Request {
      /** Who makes this request, behind `symbolon` of symbolon/express. */
      symbolon: Grant;
    }
  }
}

/** What is used of Express's request, in its versions 4 and 5. */
export interface ExpressRequest extends IncomingMessage {
  originalUrl: string;
  baseUrl: string;
  url: string;
  ip?: string | undefined;
  route?: unknown;
  symbolon?: Grant;
}

/** A middleware for Express. */
export type Middleware = (request: ExpressRequest, response: ServerResponse, next: () => void) => void;

/**
 * Hands on what a Symbolon server allows, with its `Grant` in `req.symbolon`, and answers the rest.
 *
 * To be used before all else that reads the path: what has changed it before makes this refuse, and what changes it
 * afterwards changes what was decided about.
 */
export function symbolon(options: Options | Symbolon): Middleware {
  const asked = options instanceof Symbolon ? options : new Symbolon(options);
  return (request, response, next) => {
    void decide(asked, request).then((decision) => {
      if (decision instanceof Grant) {
        next();
      } else {
        // Not by `next(error)`: a handler of errors can go on as if there were none.
        answer(response, decision);
      }
    });
  };
}

async function decide(asked: Symbolon, request: ExpressRequest): Promise<Grant | Refusal> {
  try {
    const target = request.originalUrl;
    const rest = below(request);
    const decision = await admit(asked, request, target, request.ip);
    if (decision instanceof Refusal) return decision;
    if (request.originalUrl !== target || below(request) !== rest) throw new PathChanged();
    // In Express 4 a mount that is a pattern can end before a dot.
    if (!/^(?:[/?]|$)/.test(rest)) return spelling();
    if (decision.target !== target) {
      // Below a mount or in a route, the path has been read as it came.
      if (request.baseUrl !== "" || request.route !== undefined) return spelling();
      request.url = request.originalUrl = decision.target;
    }
    request.symbolon = decision;
    return decision;
  } catch (error) {
    return asked.unknown(error);
  }
}

/** What of the target Express goes on to route by, below its mounts. Throws where that is no part of what was sent. */
function below({ originalUrl, baseUrl, url }: ExpressRequest): string {
  const rest = originalUrl.slice(baseUrl.length);
  // A rest that does not begin with a slash is given one.
  if (!originalUrl.startsWith(baseUrl) || (url !== rest && (rest.startsWith("/") || url !== `/${rest}`))) {
    throw new PathChanged();
  }
  return rest;
}

class PathChanged extends Error {
  override name = "something in front of Symbolon has changed the path";
}
