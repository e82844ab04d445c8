// What is published is what is meant to be, and what the documents show is what runs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import express from "express";
import express4 from "express4";
import { symbolon } from "symbolon/express";

import { app as plainExpress } from "../examples/plain-express.js";
import { app as plainFastify } from "../examples/plain-fastify.js";
import { app as ofExpress } from "./readme/express.js";
import { app as ofFastify } from "./readme/fastify.js";
import { handle } from "./readme/fetch.js";
import { ask, fastified, read, served, there } from "./stage.js";

const HERE = new URL("..", import.meta.url);
/** @param {string} name */
const text = (name) => readFileSync(new URL(name, HERE), "utf8");

test("protecting the application takes fewer than ten lines", () => {
  for (const framework of ["express", "fastify"]) {
    const [plain, guarded] = ["plain", "guarded"].map((name) => text(`examples/${name}-${framework}.js`).split("\n"));
    // Each line that the plain one has no more of.
    const left = [...(plain ?? [])];
    const added = (guarded ?? []).filter((line) => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    assert(added.length > 0 && added.length < 10, added.join("\n"));
  }
});

test("the document of the examples has each of their operations", async () => {
  const { paths } = JSON.parse(text("examples/openapi.json"));
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    ["get", "put", "post", "patch", "delete"].filter((method) => method in item).map((method) => [method.toUpperCase(), path]),
  );
  /** @param {any} layer @returns {number} */
  const routes = (layer) => (layer.route ? layer.route.stack.length : (layer.handle?.stack ?? []).reduce(
    (/** @type {number} */ sum, /** @type {any} */ each) => sum + routes(each), 0,
  ));
  assert.equal(routes({ handle: /** @type {any} */ (plainExpress).router }), operations.length);
  await plainFastify.ready();
  const library = await served(plainExpress);
  for (const [method = "", path = ""] of operations) {
    assert(plainFastify.hasRoute({ method: /** @type {any} */ (method), url: path.replace(/\{(.*)\}/, ":$1") }), path);
    const body = '{"title":"Ithaca","copies":1}';
    /** @type {[string, string][]} */
    const headers = method === "PUT" ? [["Content-Type", "application/json"], ["Content-Length", String(body.length)]] : [];
    const reply = await ask(library, `${method} ${path.replace("{book}", "odyssey")}`, headers, headers.length ? body : "");
    assert(reply.status < 300, `${method} ${path}: ${reply.status}`);
  }
  await library.close();
  await plainFastify.close();
});

test("each block of the README is a file that runs", async () => {
  const blocks = [...text("README.md").matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language, code]) => [language, code]);
  assert.deepEqual(
    blocks,
    ["express", "fastify", "fetch", "upgrade"].map((name) => ["js", text(`tests/readme/${name}.js`)]),
  );
  for (const site of [await served(ofExpress), await fastified(ofFastify)]) {
    assert.equal((await ask(site, "GET /books", [read()])).body, "the books that ann may see");
    assert.equal((await ask(site, "GET /books")).status, 401);
    await site.close();
  }
  const [name, value] = read();
  const books = await handle(new Request("http://library/books", { headers: { [name]: value } }));
  assert.equal(await books.text(), "the books that ann may see");
  assert.equal((await handle(new Request("http://library/books"))).status, 401);
});

test("the types of both Express take the middleware", async () => {
  const [five, four] = [express(), express4()];
  five.use(symbolon(there())).get("/books", symbolon(there()), (req, res) => void res.send(req.symbolon.owner));
  four.use("/books", symbolon(there()), (req, res) => void res.send(req.symbolon.owner));
  const older = await served(four);
  assert.equal((await ask(older, "GET /books", [read()])).body, "ann");
  await older.close();
});

test("the package has its code, its types, its README and its licences, and nothing else", () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"], {
    cwd: HERE,
    encoding: "utf8",
    env: { ...process.env, npm_config_update_notifier: "false" },
  });
  /** @type {{ path: string }[]} */
  const files = Object.values(JSON.parse(packed)).flatMap((each) => each.files);
  const code = ["client", "express", "fastify", "index", "node", "requires", "wire"];
  assert.deepEqual(
    files.map(({ path }) => path).sort(),
    ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json"]
      .concat(code.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]))
      .sort(),
  );
  const about = JSON.parse(text("package.json"));
  assert.deepEqual([about.name, about.license, about.dependencies], ["symbolon", "Apache-2.0 OR MIT", undefined]);
  for (const { types, default: code } of Object.values(about.exports)) {
    assert(files.some(({ path }) => types === `./${path}`) && files.some(({ path }) => code === `./${path}`));
  }
});
