/**
 * Symbolon in front of a JavaScript application: scoped API tokens, decided about by a Symbolon server.
 *
 * `Symbolon` asks about one request; `symbolon/express`, `symbolon/fastify` and `symbolon/node` guard whole applications.
 */

export { Symbolon, type Allowed, type Options } from "./client.js";
export { requires } from "./requires.js";
export { Grant, Refusal, type HeaderPairs, type Kind, type Route, type Token } from "./wire.js";
