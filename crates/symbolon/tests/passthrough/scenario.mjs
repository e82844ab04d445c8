// The application's own login behind Symbolon: whatever a person does is the same as without it, and a token reaches
// its routes and nothing else.

import assert from "node:assert/strict";
import { curl, scenario, token } from "../console/lib.mjs";

const PASSWORD = "correct horse";

/** A visit to the application at `base`: what a person sees, in order. */
async function visit({ page, context, allow }, base) {
  const seen = [];
  const note = (what, value) => seen.push([what, typeof value === "string" ? value.replaceAll(base, "") : value]);
  const look = async (what) => note(what, `${page.url()} ${(await page.locator("h1").innerText())}`);

  await page.goto(`${base}/`);
  await look("without a session");
  const enter = async (password) => {
    await page.fill("[name=user]", "ada");
    await page.fill("[name=password]", password);
    await page.click("button");
    await page.waitForLoadState();
  };
  allow.push(/status of 401/);
  await enter("wrong");
  note("a wrong password", await page.locator("#message").innerText());
  allow.length = 0;
  await enter(PASSWORD);
  await look("logged in");
  const [cookie, ...more] = await context.cookies(base);
  note("the cookies", [cookie.name, cookie.path, cookie.httpOnly, cookie.sameSite, cookie.secure, more.length]);

  // What the page's own script does: a call, events, a WebSocket.
  await page.locator("body[data-listed][data-events]").waitFor();
  note("the list", await page.locator("#notes").innerText());
  await page.locator("#socket:not(:empty)").waitFor();
  note("the socket", await page.locator("#socket").innerText());
  const csrf = await page.locator("[name=csrf]").first().inputValue();
  const post = (text, headers) => page.evaluate(async ([text, headers]) => {
    const answer = await fetch("/api/notes", { method: "POST", headers, body: new URLSearchParams({ text }) });
    return [answer.status, await answer.text()];
  }, [text, headers]);
  note("a call with the token against forgery", await post("bread", { "x-csrf": csrf }));
  await page.locator("#event:not(:empty)").waitFor();
  note("the event", await page.locator("#event").innerText());
  allow.push(/status of 403/);
  note("a forged call", await post("forged", {}));
  allow.length = 0;

  // A form, and the redirect after it.
  await page.fill("[name=text]", "a & b");
  await page.click("#add");
  await page.locator("body[data-listed]").waitFor();
  await look("a note added");
  note("the list", await page.locator("#notes").innerText());
  return { seen, note, look, post, csrf, page, allow };
}

scenario(async ({ stage, open }) => {
  const { direct, proxied } = stage;
  const requests = async () => JSON.parse((await curl(`${direct}/requests`)).body);
  const leave = async ({ seen, look, page }) => {
    await page.click("#logout");
    await page.waitForLoadState();
    await look("logged out");
    return seen;
  };
  const expected = await leave(await visit(await open(), direct));
  assert.ok(expected.length >= 10);
  const before = (await requests()).length;
  // The notes that the first visit left are there in the second; everything else is the same.
  const lists = (seen) => seen.filter(([what]) => what === "the list").map(([, list]) => list);
  const rest = (seen) => seen.filter(([what]) => what !== "the list" && what !== "a call with the token against forgery");

  const browser = await visit(await open(), proxied);
  assert.deepEqual(rest(browser.seen), rest(expected).slice(0, -1));
  assert.deepEqual(lists(expected), ["milk", "milk\nbread\na & b"]);
  assert.deepEqual(lists(browser.seen), ["milk\nbread\na & b", "milk\nbread\na & b\nbread\na & b"]);
  // The application was sent what the browser sent: no key, no identity.
  for (const { operation, key, bearer, symbolon } of (await requests()).slice(before)) {
    assert.deepEqual([operation, key, bearer, symbolon], [operation, false, null, {}]);
  }

  // A token reaches its route, as whom Symbolon says and with the application's own key.
  const made = await token(stage, "studio", { name: "reader", scopes: ["read:notes"], owner: "admin" });
  const through = (method, path, ...more) => curl(proxied + path, "--request", method, "--header", `authorization: Bearer ${made.token}`, ...more);
  const count = (await requests()).length;
  assert.equal((await through("GET", "/api/notes")).status, 200);
  const last = (await requests()).at(-1);
  assert.deepEqual([last.operation, last.key, last.bearer, last.symbolon["x-symbolon-principal"]], ["GET /api/notes", true, null, "token"]);
  // And no other: not another's route, not the pages, not what only people may, not with a person's cookie beside it.
  const cookie = (await browser.page.context().cookies(proxied)).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const [method, path, status, code] of [
    ["POST", "/api/notes", 403, "insufficient_scope"],
    ["GET", "/api/admin/users", 403, "human_only"],
    ["GET", "/", 404, "no_route"],
    ["POST", "/logout", 404, "no_route"],
    ["GET", "/events", 404, "no_route"],
    ["GET", "/api/../api/admin/users", 400, "invalid_request"],
  ]) {
    for (const more of [[], ["--header", `cookie: ${cookie}`]]) {
      const answer = await through(method, path, "--path-as-is", ...more);
      assert.equal(`${answer.status} ${JSON.parse(answer.body).code}`, `${status} ${code}`, `${method} ${path}`);
    }
  }
  assert.equal((await requests()).length, count + 1, "a refused request arrived");

  // Also where the page itself presents it: the token decides, whatever the session could.
  browser.allow.push(/status of 40[13]/);
  const [status, body] = await browser.post("theirs", { "x-csrf": browser.csrf, authorization: `Bearer ${made.token}` });
  assert.deepEqual([status, JSON.parse(body).code], [403, "insufficient_scope"]);

  // Revoked, it is refused; the person goes on. Nobody passes for somebody else.
  await fetch(`${stage.base}/v1/services/studio/tokens/${made.id}`, { method: "DELETE", headers: { authorization: `Bearer ${stage.system_key}` } });
  assert.equal((await through("GET", "/api/notes")).status, 401);
  assert.equal((await requests()).length, count + 1, "a refused request arrived");
  const [forged] = await browser.post("mine", { "x-csrf": browser.csrf, "x-symbolon-principal": "system", "x_symbolon_owner": "root" });
  assert.equal(forged, 201);
  assert.deepEqual((await requests()).at(-1).symbolon, {});
  await browser.page.reload();
  await browser.page.locator("body[data-listed]").waitFor();
  assert.match(await browser.page.locator("#notes").innerText(), /mine$/);
  assert.deepEqual((await leave(browser)).at(-1), expected.at(-1));
  assert.equal((await curl(`${proxied}/api/notes`)).body, '{"error":"not authenticated"}');
});
