/** A Fastify application with Symbolon in front of it. */

import type { FastifyInstance, FastifyPluginAsync } from "fastify";

import { Symbolon, type Options } from "./client.js";
import { admit } from "./node.js";
import { Grant, Refusal, spelling } from "./wire.js";

export { Symbolon, type Options } from "./client.js";
export { requires } from "./requires.js";
export { Grant, Refusal } from "./wire.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who makes this request, behind `symbolon` of symbolon/fastify. */
    symbolon: Grant;
  }
}

/**
 * A plugin that hands on what a Symbolon server allows, with its `Grant` in `request.symbolon`, and answers the rest.
 *
 * It holds for all routes of the instance that it is registered in. That instance must read paths as a catalog does: one
 * that takes them in any case, with any trailing slash or repeated slashes, or ends them at `;`, is refused when it starts.
 */
export const symbolon: FastifyPluginAsync<Options> = async (app, options) => {
  const lenient = leniences(app);
  if (lenient.length > 0) {
    throw new TypeError(`to a catalog these are other paths, so Fastify must not take them for one: ${lenient.join(", ")}`);
  }
  const asked = new Symbolon(options);
  app.decorateRequest("symbolon", null as unknown as Grant);
  app.addHook("onRequest", async (request, reply) => {
    const target = request.originalUrl;
    // Fastify has chosen the route already, by this one.
    const routed = request.raw.url === target;
    let decision: Grant | Refusal;
    if (routed) decision = await admit(asked, request.raw, target, request.ip);
    else decision = asked.unknown(new PathChanged());
    if (decision instanceof Grant && decision.target !== target) decision = spelling();
    if (decision instanceof Refusal) {
      // As bytes, whose type Fastify leaves as it is.
      return reply.code(decision.status).headers(decision.headers).send(Buffer.from(decision.body));
    }
    request.symbolon = decision;
    return undefined;
  });
};

// As fastify-plugin marks a plugin that is for the instance it is registered in, and not for one of its own.
Object.assign(symbolon, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "symbolon",
  [Symbol.for("plugin-meta")]: { name: "symbolon", fastify: ">=5" },
});

// How the settings must stand by which an instance can take other paths for the same one.
const STRICT = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  useSemicolonDelimiter: false,
};

// Every segment of so many bytes is a parameter to a catalog. Fastify's default.
const LONG_PARAMETER = 100;

/** The settings that stand in another way, with what they are to be. */
function leniences({ initialConfig }: FastifyInstance): string[] {
  const { routerOptions, ...found } = initialConfig as Record<string, unknown>;
  const set: Record<string, unknown> = { ...found, ...(routerOptions as object | undefined) };
  const lenient = Object.entries(STRICT)
    .filter(([name, value]) => (set[name] ?? value) !== value)
    .map(([name, value]) => `${name} is to be ${value}`);
  // A longer segment is no parameter, and so its path is another route.
  if (Number(set["maxParamLength"] ?? LONG_PARAMETER) < LONG_PARAMETER) {
    lenient.push(`maxParamLength is to be at least ${LONG_PARAMETER}`);
  }
  return lenient;
}

class PathChanged extends Error {
  override name = "rewriteUrl has changed the path";
}
