// What the scenarios share: a browser that reports what goes wrong in it, signing in, requests without a browser.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { promisify } from "node:util";

const here = new URL(".", import.meta.url);
const { dependencies } = JSON.parse(readFileSync(new URL("browser/package.json", here)));
const versions = Object.keys(dependencies).sort().map((name) => `${name}-${dependencies[name]}`);
/** Where `cargo xtask test` installs the packages. */
const tools = new URL(`../../../../target/tools/browser-${versions.join("-")}/`, here);
const packages = createRequire(tools);

/** The password that `signIn` chooses where one has to be chosen, and that every user here has. */
export const PASSWORD = "the quick brown fox jumps";

/** Puts the server's clock so many seconds ahead of what it is. */
export function step(stage, seconds) {
  writeFileSync(stage.clock, `+${seconds}\n`);
}

/** Starts Chromium. It finds nothing outside this machine, whatever a page asks for. */
export function launch() {
  const quiet = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"];
  return packages("playwright-core").chromium.launch({
    executablePath: execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim(),
    // Chromium refuses to run as root in its sandbox.
    chromiumSandbox: process.getuid() !== 0,
    args: [...quiet.map((flag) => `--${flag}`), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });
}

/**
 * A browser profile of its own, with one page. What goes wrong in it is put into `faults`, but for what `allow`, a
 * list of patterns to add to, matches: a message that this very step is meant to cause.
 */
export async function open(browser, faults, { theme = "light", width = 1440, script = true, axe = false, clipboard = false } = {}) {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: 900 },
    javaScriptEnabled: script,
    // The rules of accessibility are evaluated inside the page, which the page's own policy would refuse. A context
    // for them proves nothing about the policy; every other keeps it.
    bypassCSP: axe,
    permissions: clipboard ? ["clipboard-read", "clipboard-write"] : [],
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  context.setDefaultTimeout(10_000);
  const allow = [];
  const fault = (text) => { if (!allow.some((pattern) => pattern.test(text))) faults.push(text); };
  context.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !["127.0.0.1", "localhost"].includes(hostname)) fault(`left the machine: ${request.url()}`);
  });
  context.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // What was still on its way when the page was left is no failure of it.
    if (why !== "net::ERR_ABORTED") fault(`failed: ${request.method()} ${request.url()} ${why}`);
  });
  // A violation of the policy is among them, as an error.
  context.on("console", (message) => { if (message.type() === "error") fault(`console: ${message.text()} (${message.location().url})`); });
  context.on("weberror", (error) => fault(`script: ${error.error()}`));
  const page = await context.newPage();
  return { context, page, allow };
}

/** Signs in at `stage.base`; where a password of one's own has to be chosen first, chooses it. */
export async function signIn(stage, page, { name, password } = stage.admin) {
  await page.goto(`${stage.base}/sign-in`);
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.click('form[action="/sign-in"] button');
  if (await page.locator("#again").count()) {
    await page.fill("#current", password);
    await page.fill("#new", PASSWORD);
    await page.fill("#again", PASSWORD);
    await page.click('form[action="/account/password"] button');
    if (stage.admin.name === name) stage.admin.password = PASSWORD;
  }
  await page.locator(".menu-end").waitFor();
}

/** A call of the management API with the system key. */
export async function api(stage, method, path, body) {
  const answer = await fetch(stage.base + path, {
    method,
    headers: { authorization: `Bearer ${stage.system_key}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Somebody who can sign in, with these roles. */
export async function person(stage, name, roles) {
  await api(stage, "POST", "/v1/users", { name, password: PASSWORD, roles });
  return { name, password: PASSWORD };
}

/** A token made through the API. */
export const token = (stage, service, fields) => api(stage, "POST", `/v1/services/${service}/tokens`, fields);

/** A real request from outside the browser: its status and body. `more` are further arguments of curl. */
export async function curl(url, ...more) {
  const { stdout } = await promisify(execFile)("curl", ["--silent", "--max-time", "20", "--write-out", "\n%{http_code}", ...more, url], { maxBuffer: 1 << 24 });
  const cut = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(cut + 1)), body: stdout.slice(0, cut) };
}

/** A request to a service through its proxy with this token; its status. */
export async function through(stage, service, path, secret) {
  return (await curl(stage.proxies[service] + path, "--header", `authorization: Bearer ${secret}`)).status;
}

/** What breaks a rule of accessibility (WCAG 2.2, level AA) on the page, as lines. Its context is one with `axe`. */
export async function axe(page) {
  await page.evaluate(readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id} (${help}) at ${target}: ${failureSummary.split("\n")[1]?.trim()}`));
}

/** What a token asks for, by its secret; the ask's id. */
export async function asks(stage, secret, fields) {
  const header = ["--header", `authorization: Bearer ${secret}`, "--header", "content-type: application/json"];
  const { status, body } = await curl(`${stage.base}/v1/asks`, ...header, "--data", JSON.stringify(fields));
  assert.equal(status, 201, body);
  return JSON.parse(body).id;
}

/** The pages there are, with a token `id` of O.D.I.N., and what it has asked for. */
export const pages = (id, ask) => [
  "/services/odin/tokens", "/services/odin/tokens?query=nothing-of-the-kind", "/services/odysseus/tokens",
  "/services/odin/tokens/new", "/services/odysseus/tokens/new",
  `/services/odin/tokens/${id}`, `/services/odin/tokens/${id}/edit`, `/services/odin/tokens/${id}/revoke`, `/services/odin/tokens/${id}/rotate`,
  "/services/odin/tokens/advice", "/services/odin/tokens/bulk", "/services/odin/tokens/bulk?scope=agent:write&do=revoke",
  "/services/odin/catalog", "/services/odysseus/catalog", "/services/odin/catalog?scope=agent:write",
  "/asks", `/asks/${ask}`, `/asks/new?service=odin&token=${id}&scope=write:models`,
  "/people", "/people/new", "/people/admin", "/keys", "/keys/new", "/sessions", "/audit", "/health",
  "/account", "/account/password",
];

/** Runs a scenario: its stage comes on standard input, and whatever went wrong in the browser fails it. */
export async function scenario(play) {
  // It has failed until it has gone well to its end: Node.js ends by itself where nothing is left to wait for.
  process.exitCode = 1;
  const stage = JSON.parse(readFileSync(0, "utf8"));
  const faults = [];
  const browser = await launch();
  try {
    await play({ stage, browser, open: (options) => open(browser, faults, options) });
    assert.deepEqual(faults, []);
    process.exitCode = 0;
  } catch (error) {
    for (const fault of faults) console.error(`in the browser: ${fault}`);
    for (const page of browser.contexts().flatMap((context) => context.pages())) {
      const text = await page.locator("body").innerText({ timeout: 1000 }).catch(String);
      console.error(`open at the end: ${page.url()}\n${text.slice(0, 1500)}`);
    }
    console.error(error);
  } finally {
    await browser.close();
  }
}
