// Each way to stand in front of an application, with one application behind: it says what arrived.

import express from "express";
import express4 from "express4";
import Fastify from "fastify";
import { Symbolon } from "symbolon";
import * as forExpress from "symbolon/express";
import * as forFastify from "symbolon/fastify";

import { fastified, served } from "./stage.js";

/** @typedef {import("./stage.js").Site} Site */
/** @typedef {import("symbolon").Options} Options */

/** Both, for applications that are the same in each; their types are not. @type {any[]} */
export const EXPRESSES = [express, express4];

/** What arrived. @param {any} request @param {any} raw */
const told = (request, raw) => ({
  in: true,
  url: raw.url,
  original: request.originalUrl,
  headers: raw.headers,
  raw: raw.rawHeaders,
  distinct: raw.headersDistinct,
  grant: request.symbolon,
});

/** @param {any} framework @param {Options} options */
async function expressed(framework, options) {
  const app = framework();
  app.use(forExpress.symbolon(options));
  app.all(/.*/, (/** @type {any} */ request, /** @type {any} */ response) => response.json(told(request, request)));
  return served(app);
}

/** @param {Options} options */
async function fastify(options) {
  const app = Fastify();
  app.register(forFastify.symbolon, options);
  app.all("/*", async (request) => told(request, request.raw));
  return fastified(app);
}

/** A fetch handler, as a server for such would call it. @param {Options} options */
async function fetched(options) {
  const symbolon = new Symbolon(options);
  return served(async (incoming, response) => {
    const headers = new Headers();
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      headers.append(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
    }
    const { method = "" } = incoming;
    const passed = await symbolon.guard(new Request(`http://library${incoming.url}`, { method, headers }));
    if (passed instanceof Response) {
      const body = await passed.text();
      const length = { "content-length": String(Buffer.byteLength(body)) };
      response.writeHead(passed.status, { ...Object.fromEntries(passed.headers), ...length }).end(body);
    } else {
      const { url, headers } = passed.request;
      const seen = { in: true, url: url.slice("http://library".length), headers: Object.fromEntries(headers), grant: passed.grant };
      response.setHeader("content-length", Buffer.byteLength(JSON.stringify(seen)));
      response.end(JSON.stringify(seen));
    }
  });
}

/** @type {Record<string, (options: Options) => Promise<Site>>} */
export const DOORS = {
  "Express 5": (options) => expressed(express, options),
  "Express 4": (options) => expressed(express4, options),
  Fastify: fastify,
  fetch: fetched,
};
