// better-auth's plugin for API keys, behind node:http: one protected path, which asks for one permission.
//
// serve.mjs FOLDER PORT KEYS OWNERS STORAGE, where STORAGE is `database` or `secondary-storage`; TOOLS is where the
// packages are.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

const tools = process.env.TOOLS;
const [folder, port, keys, owners, storage] = process.argv.slice(2);
const { resolve } = createRequire(join(tools, "package.json"));
const load = (name) => import(pathToFileURL(resolve(name)));
const [{ betterAuth }, { getMigrations }, { apiKey }] = await Promise.all(
  ["better-auth", "better-auth/db/migration", "@better-auth/api-key"].map(load),
);

const database = new DatabaseSync(join(folder, "keys.db"));
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
const kept = new Map();
const inMemory = storage === "secondary-storage";
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: "a secret of a measurement, which guards nothing",
  database,
  telemetry: { enabled: false },
  // By default a key may be used ten times a day.
  plugins: [apiKey({ storage, deferUpdates: inMemory, rateLimit: { enabled: false } })],
  ...(inMemory && {
    secondaryStorage: {
      get: (key) => kept.get(key) ?? null,
      set: (key, value) => void kept.set(key, value),
      delete: (key) => void kept.delete(key),
    },
  }),
});
await (await getMigrations(auth.options)).runMigrations();

const { internalAdapter } = await auth.$context;
const create = (userId, permissions) => auth.api.createApiKey({ body: { userId, name: "bench", permissions } });
const tokens = [];
let user;
// All keys of one owner would be unfair: their list is written anew on every use.
for (let number = 0; number < keys; number += 1) {
  if (number % Math.ceil(keys / owners) === 0) {
    user = await internalAdapter.createUser({ name: "bench", email: `${number}@bench.invalid`, emailVerified: true });
  }
  tokens.push((await create(user.id, { printers: ["read"] })).key);
}
const narrow = (await create(user.id, { orders: ["read"] })).key;

const answer = async (request) => {
  const [scheme, key] = (request.headers.authorization ?? "").split(" ");
  if (scheme !== "Bearer" || !key) return 401;
  // Asked for permissions, it answers the want of them as it does an unknown key.
  const { valid, key: found } = await auth.api.verifyApiKey({ body: { key } });
  if (!valid) return 401;
  return found.permissions?.printers?.includes("read") ? 200 : 403;
};
const body = '{"ok":true}';
const server = createServer(async (request, response) => {
  const status = await answer(request);
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length }).end(body);
});
server.listen(Number(port), "127.0.0.1", () => {
  const version = (name) => JSON.parse(readFileSync(join(tools, "node_modules", name, "package.json"))).version;
  const versions = { "better-auth": version("better-auth"), "@better-auth/api-key": version("@better-auth/api-key") };
  const ready = { tokens, narrow, versions: { ...versions, "Node.js": process.versions.node } };
  writeFileSync(join(folder, "ready.new"), JSON.stringify(ready));
  renameSync(join(folder, "ready.new"), join(folder, "ready"));
});
// Its end is that of whoever measures.
process.stdin.on("end", () => process.exit()).resume();
