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
    if (!asItCame(request)) throw new PathChanged();
    const target = request.originalUrl;
    const decision = await admit(asked, request, target, request.ip);
    if (decision instanceof Refusal) return decision;
    if (!asItCame(request) || request.originalUrl !== target) throw new PathChanged();
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

/** Whether what Express routes by is what was sent: the mounts that it has cut off, and the rest. */
function asItCame({ originalUrl, baseUrl, url }: ExpressRequest): boolean {
  const rest = originalUrl.slice(baseUrl.length);
  // A rest without a path gets one.
  return originalUrl.startsWith(baseUrl) && (url === rest || (!rest.startsWith("/") && url === `/${rest}`));
}

class PathChanged extends Error {
  override name = "something in front of Symbolon has changed the path";
}
