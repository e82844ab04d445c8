// node screenshots.mjs BINARY OUTPUT [--all]: pictures of the console, of a server that has been in use for a while.
// Applications that answer everything stand behind it; people, tokens and requests of today are real, and what was used
// on the days before is written into the record.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { api, asks, launch, open, pages, person, signIn, through, token } from "./lib.mjs";

const [binary, output] = process.argv.slice(2, 4).map((path) => resolve(path));
const all = process.argv.includes("--all");
const directory = mkdtempSync(join(tmpdir(), "symbolon-screenshots-"));
const application = createServer((_, answer) => answer.setHeader("content-type", "application/json").end("[]"));
let server;
let browser;

const TOKENS = [
  ["odin", "ada", { name: "Grafana read-only", description: "Dashboards in the print hall. Ask Ada before changing.", scopes: ["read:printers", "read:jobs", "read:analytics"], expires_in: "90d" }, 900],
  ["odin", "ada", { name: "CI/CD deploy", scopes: ["write:jobs", "read:models"], expires_in: "30d" }, 60],
  ["odin", "bea", { name: "Floor agent (MCP)", scopes: ["agent:write"] }, 500],
  ["odin", "chris", { name: "Spool scales", scopes: ["read:spools", "write:spools"] }, 140],
  ["odin", "bea", { name: "Invoice export", scopes: ["read:orders"], expires_in: "7d" }, 12],
  ["odin", "chris", { name: "Old laptop", scopes: ["read:printers"] }, 3],
  ["odysseus", "admin", { name: "mobile companion", profile: "chat", expires_in: "90d" }, 200],
  ["odysseus", "admin", { name: "mail assistant", profile: "codex_email_drafts", expires_in: "30d" }, 40],
];
// What each asks for, and what it may not.
const PATHS = { "Grafana read-only": ["/api/printers", "/api/jobs", "/api/orders"], "CI/CD deploy": ["/api/models", "/api/jobs"], "Floor agent (MCP)": ["/api/printers", "/api/jobs", "/api/backups"], "Spool scales": ["/api/spools"] };

// What tokens ask for, and what is said to that.
const ASKS = [
  ["Spool scales", { scopes: ["write:orders"], duration: "12h", reason: "To order filament when a spool runs out." }, "deny", { note: "Orders are made by people." }],
  ["CI/CD deploy", { scopes: ["write:models", "read:analytics"], duration: "1h", reason: "Release 4.2 replaces the models of the cable chain." }, "approve", { scopes: ["write:models"], duration: "10m", note: "The models alone." }],
  ["Floor agent (MCP)", { scopes: ["write:printers", "read:analytics"], duration: "1h", reason: "Printer 3 reports a clogged nozzle.\nI would run its cleaning routine and then compare today's failures with last week's." }],
];

/** Starts the server; where it listens. */
async function serve() {
  const upstream = `http://127.0.0.1:${application.address().port}`;
  const services = ["odin", "odysseus"].map((name) => `[services.${name}]\nlisten = "127.0.0.1:0"\nupstream = "${upstream}"\n`);
  writeFileSync(join(directory, "symbolon.toml"), `listen = "127.0.0.1:0"\n${services.join("")}`);
  const { admin, system_key } = JSON.parse(execFileSync(binary, ["init", "--json"], { cwd: directory, encoding: "utf8" }));
  server = spawn(binary, ["serve", "--json"], { cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface(server.stdout)) {
    const { listening } = JSON.parse(line);
    if (listening) {
      return { base: listening.management, proxies: listening.services, system_key, admin: { name: admin.username, password: admin.password } };
    }
  }
  throw new Error("the server did not start");
}

/** People, tokens, requests of today, and use of the days before. */
async function live(stage) {
  for (const [name, role] of [["ada", "superadmin"], ["bea", "admin"], ["chris", "operator"], ["dmitri", "viewer"]]) {
    await person(stage, name, { odin: role });
  }
  await person(stage, "mira", { odysseus: "user" });
  const made = [];
  for (const [service, owner, fields, daily] of TOKENS) {
    const { id, token: secret } = await token(stage, service, { owner, ...fields });
    made.push({ id, service, daily, name: fields.name, secret });
    for (const path of PATHS[fields.name] ?? []) {
      for (let times = 0; times < 8; times += 1) await through(stage, service, path, secret);
    }
  }
  let asked;
  for (const [name, fields, answer, said] of ASKS) {
    asked = await asks(stage, made.find((token) => token.name === name).secret, fields);
    if (answer) await api(stage, "POST", `/v1/asks/${asked}/${answer}`, said);
  }
  await api(stage, "POST", `/v1/services/odin/tokens/${made[4].id}/disable`);
  const day = Math.floor(Date.now() / 86_400_000);
  const rows = made.flatMap(({ id, daily }, which) => Array.from({ length: 29 }, (_, ago) => {
    const at = day - 29 + ago;
    const weekend = [2, 3].includes(at % 7) ? 0.6 : 1;
    // The same each time: a wave of its own for each token.
    const count = Math.round(daily * weekend * (1 + 0.25 * Math.sin(ago * (which + 2)) + 0.15 * Math.sin(ago * 1.7)));
    return [[at, id, "GET", which < 6 ? "/printers" : "/api/models", "allowed", count], ...(which % 2 === 0 && ago > 16 && ago < 20 ? [[at, id, "GET", "/orders", "insufficient_scope", Math.ceil(count / 9)]] : [])];
  }).flat());
  const sow = `
import json, sqlite3, sys
rows, tokens, age, yesterday = json.load(sys.stdin)
with sqlite3.connect("symbolon-data/symbolon.db", timeout=20) as record:
    record.executemany("INSERT INTO usage (day, token, method, path, outcome, count, last_at, last_ip) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?1 * 86400000 + 43200000, '10.0.0.7')", rows)
    for place, token in enumerate(tokens):
        record.execute("UPDATE tokens SET created_at = created_at - ?1, last_used_at = coalesce(last_used_at, ?2) WHERE id = ?3", (age * (place + 2), yesterday, token))
`;
  execFileSync("python3", ["-c", sow], { cwd: directory, input: JSON.stringify([rows, made.map(({ id }) => id), 13 * 86_400_000, (day - 1) * 86_400_000 + 43_200_000]) });
  return [made[0].id, asked];
}

async function picture(stage, path, name, options, prepare = () => {}) {
  const faults = [];
  const { context, page } = await open(browser, faults, options);
  await signIn(stage, page);
  await page.goto(stage.base + path);
  await prepare(page);
  await page.screenshot({ path: join(output, `${name}.png`), fullPage: all });
  await context.close();
  if (faults.length) throw new Error(`${name}: ${faults.join("; ")}`);
}

async function newToken(page) {
  await page.fill("#name", "Grafana read-only");
  await page.fill("#description", "Dashboards in the print hall. Ask Ada before changing.");
  const said = page.waitForResponse((response) => response.url().endsWith("/new/summary"));
  for (const scope of ["read:printers", "read:jobs"]) await page.check(`[name=scope][value="${scope}"]`);
  await said;
}

try {
  await new Promise((listening) => application.listen(0, "127.0.0.1", listening));
  const stage = await serve();
  const [id, ask] = await live(stage);
  mkdirSync(output, { recursive: true });
  browser = await launch();
  if (all) {
    for (const width of [390, 768, 1440]) {
      for (const theme of ["light", "dark"]) {
        const { context, page } = await open(browser, [], { width, theme });
        const take = (name) => page.screenshot({ path: join(output, `${name}-${width}-${theme}.png`), fullPage: true });
        await page.goto(`${stage.base}/sign-in`);
        await take("sign-in");
        await signIn(stage, page);
        for (const path of pages(id, ask)) {
          await page.goto(stage.base + path);
          await take(path.replace(id, "token").replace(ask, "ask").replace(/^\/(services\/)?/, "").replace(/[^a-z0-9]+/g, "-"));
        }
        await page.goto(`${stage.base}/services/odin/tokens/new`);
        await newToken(page);
        await take("odin-tokens-new-filled");
        await context.close();
      }
    }
  } else {
    await picture(stage, "/services/odin/tokens?sort=-last_used", "tokens", { theme: "light" });
    await picture(stage, "/services/odin/tokens/new", "new-token-dark", { theme: "dark" }, newToken);
  }
} finally {
  await browser?.close();
  application.closeAllConnections();
  application.close();
  if (server) {
    server.kill();
    await new Promise((ended) => server.once("exit", ended));
  }
  rmSync(directory, { recursive: true, force: true });
}
