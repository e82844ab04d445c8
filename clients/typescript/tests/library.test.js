// The examples, guarded by a running Symbolon.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { app as guardedExpress } from "../examples/guarded-express.js";
import { app as guardedFastify } from "../examples/guarded-fastify.js";
import { ask, fastified, read, served, variable } from "./stage.js";

/** @type {[string, () => Promise<import("./stage.js").Site>, [string, string]][]} */
const LIBRARIES = [
  ["Express", () => served(guardedExpress), ["TOKEN_ENDING", '"token of ann: read:books"']],
  ["Fastify", () => fastified(guardedFastify), ["TOKEN_ENDING_TOO", "token of ann: read:books"]],
];

for (const [framework, open, [ending, me]] of LIBRARIES) {
  describe(`the library in ${framework}`, () => {
    /** @type {import("./stage.js").Site} */
    let library;
    before(async () => {
      library = await open();
    });
    after(() => library.close());

    test("what is allowed arrives with its grant", async () => {
      const books = await ask(library, "GET /books?limit=1", [read()]);
      assert.deepEqual([books.status, JSON.parse(books.body).length], [200, 1]);
      const reply = await ask(library, "GET /me", [read()]);
      assert.deepEqual([reply.status, reply.body], [200, me]);
      assert.equal((await ask(library, "GET /health")).status, 200);
      const head = await ask(library, "HEAD /health");
      assert.deepEqual([head.status, head.body], [200, ""]);
    });

    test("a body goes through unharmed", async () => {
      const book = JSON.stringify({ title: "Ithaca ".repeat(5000), copies: 3 });
      const write = `Bearer ${variable("TOKEN_WRITE")}`;
      /** @type {[string, string][]} */
      const headers = [["Authorization", write], ["Content-Type", "application/json"], ["Content-Length", String(book.length)]];
      assert.equal((await ask(library, "PUT /books/ithaca", headers, book)).status, 204);
      assert.equal((await ask(library, "GET /books/ithaca", [read()])).body, book);
    });

    test("what is refused is answered as every door answers", async () => {
      /** @type {[string, [string, string][], number, string][]} */
      const refused = [
        ["GET /books", [], 401, "credential_required"],
        ["GET /me", [["Authorization", "Bearer lib_x"]], 401, "invalid_token"],
        ["PUT /books/x", [read(), ["Content-Length", "0"]], 403, "insufficient_scope"],
        ["GET /admin/readers", [read()], 403, "human_only"],
        ["GET /nowhere", [read()], 404, "no_route"],
        ["DELETE /books", [read()], 405, "method_not_allowed"],
        ["OPTIONS /books", [], 405, "method_not_allowed"],
        // To a catalog, case and a trailing slash make another path.
        ["GET /Books", [read()], 404, "no_route"],
        ["GET /books/", [read()], 404, "no_route"],
      ];
      for (const [line, headers, status, code] of refused) {
        const reply = await ask(library, line, headers);
        const problem = JSON.parse(reply.body);
        assert.deepEqual([reply.status, problem.code], [status, code], line);
        assert.equal(problem.status, status, line);
        assert(problem.request_id && problem.title && problem.detail, line);
        assert.equal(reply.headers["content-type"], "application/problem+json", line);
        assert.equal(reply.headers["cache-control"], "no-store", line);
        assert.equal("www-authenticate" in reply.headers, status === 401 || code === "insufficient_scope", line);
        assert.equal("allow" in reply.headers, status === 405, line);
      }
      const scope = await ask(library, "PUT /books/x", [read(), ["Content-Length", "0"]]);
      assert.match(scope.headers["www-authenticate"] ?? "", /scope="write:books"/);
      const head = await ask(library, "HEAD /books");
      assert.deepEqual([head.status, head.body], [401, ""]);
    });

    test("two credentials and another method are refused", async () => {
      /** @type {[string, [string, string][]][]} */
      const refused = [
        ["GET /books", [read(), read()]],
        ["GET /books", [read(), ["X-API-Key", "x"]]],
        ["GET /books", [["X-API-Key", variable("TOKEN_READ")], ["x-api-key", "x"]]],
        ["GET /books", [read(), ["X-HTTP-Method-Override", "DELETE"]]],
        ["GET /books", [read(), ["X_HTTP_Method", "DELETE"]]],
        ["GET /books?_method=DELETE", [read()]],
        ["GET /books?%5fmethod=DELETE", [read()]],
      ];
      for (const [line, headers] of refused) {
        const reply = await ask(library, line, headers);
        assert.deepEqual([reply.status, JSON.parse(reply.body).code], [400, "invalid_request"], `${line} ${headers}`);
      }
    });

    test("a path that could be read in two ways is refused", async () => {
      const paths = ["/books/../admin/readers", "/books/%2e%2e/admin/readers", "//books", "/books%2fx", "/books;x", "/books/%00"];
      for (const path of [...paths, "http://library/books", "*"]) {
        const reply = await ask(library, `GET ${path}`, [read()]);
        assert.equal(reply.status, 400, path);
      }
    });

    test("a revoked token is refused on the very next request", async () => {
      /** @type {[string, string]} */
      const header = ["X-API-Key", variable(ending)];
      assert.equal((await ask(library, "GET /books", [header])).status, 200);
      const ended = await fetch(`${variable("SYMBOLON_URL")}/v1/self`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${header[1]}` },
      });
      assert.equal(ended.status, 204);
      assert.equal((await ask(library, "GET /books", [header])).status, 401);
    });
  });
}
