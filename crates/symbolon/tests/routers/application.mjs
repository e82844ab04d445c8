// An application for Node.js, whose routes say which of them was picked and with which parameters.
//
// application.mjs FRAMEWORK ROUTES: FRAMEWORK is `express`, `express4` or `fastify`. Prints its port, and listens until its
// standard input ends. PACKAGES is the folder with the frameworks.

import { createRequire } from "node:module";

const [framework, routes] = process.argv.slice(2);
const load = createRequire(`${process.env.PACKAGES}/`)(framework);
const table = JSON.parse(routes);
const parameter = /\{(\*?)(\w+)\}/g;

const picked = (method, path, parameters) =>
  Buffer.from(JSON.stringify({ route: `${method} ${path}`, parameters })).toString("hex");

// A `{number}` takes digits alone.
const refused = (parameters) => "number" in parameters && !/^\d+$/.test(parameters.number);

const started = (server) => console.log(server.address().port);
process.stdin.resume().on("end", () => process.exit());

const frameworks = { express, express4: express, fastify };
await frameworks[framework]();

function express() {
  // Version 4 calls the tail by its number, version 5 by a name. Version 5 has no pattern for a parameter: who wants one
  // looks at the value, and passes the request on.
  const old = framework === "express4";
  const written = (path) =>
    path
      .split(parameter)
      .map((part, index) => {
        if (index % 3 === 0) return part.replace(/[{}()[\]+?!:*$\\]/g, "\\$&");
        if (index % 3 === 1) return part ? "*" : ":";
        if (old && part === "number") return "number(\\d+)";
        return old && path.includes(`{*${part}}`) ? "" : part;
      })
      .join("");
  const app = load();
  for (const mount of table.mounts) {
    const router = load.Router();
    for (const [method, path] of table.routes) {
      const names = [...path.matchAll(parameter)].map(([, tail, name]) => (tail && old ? 0 : name));
      router[method.toLowerCase()](written(path), (request, response, next) => {
        if (refused(request.params)) return next("route");
        const parameters = names.map((name) => [request.params[name]].flat().join("/"));
        response.set("x-picked", picked(method, path, parameters)).end();
      });
    }
    app.use(mount || "/", router);
  }
  // What has no route is an answer without a page, and what cannot be decoded is too.
  app.use((request, response) => response.status(404).end());
  app.use((error, request, response, next) => response.status(error.status ?? 500).end());
  const server = app.listen(0, "127.0.0.1", () => started(server));
}

async function fastify() {
  const app = load({ exposeHeadRoutes: false });
  const named = (name) => (name === "number" ? ":number(^\\d+$)" : `:${name}`);
  const written = (path) =>
    decodeURIComponent(path.replace(/:/g, "::").replace(parameter, (_, tail, name) => (tail ? "*" : named(name))));
  for (const mount of table.mounts) {
    for (const [method, path] of table.routes) {
      const names = [...path.matchAll(parameter)].map(([, tail, name]) => (tail ? "*" : name));
      const handler = (request, reply) => {
        const parameters = names.map((name) => request.params[name]);
        reply.header("x-picked", picked(method, path, parameters)).send("");
      };
      app.route({ method, url: mount + written(path), handler });
    }
  }
  await app.listen({ port: 0, host: "127.0.0.1" });
  started(app.server);
}
