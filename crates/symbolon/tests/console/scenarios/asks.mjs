// A token is refused, asks by the address that the refusal names, and is lent less than it asked for, by a person at the
// console; it uses that, and it ends by itself. Another is denied, and a person asks by the page that a refusal names.

import assert from "node:assert/strict";
import { api, axe, curl, person, scenario, signIn, step, token } from "../lib.mjs";

const REASON = "Job 7 hangs.\n<b>I have to cancel it</b> and start it anew, see https://example.org/";

scenario(async ({ stage, open }) => {
  const bea = await person(stage, "bea", { odin: "operator" });
  const made = await token(stage, "odin", { name: "night watch", scopes: ["read:jobs"], owner: "bea" });
  const bearer = ["--header", `authorization: Bearer ${made.token}`];
  const body = (value) => ["--header", "content-type: application/json", "--data", JSON.stringify(value)];
  const job = () => curl(`${stage.proxies.odin}/api/jobs`, ...bearer, ...body({ model_id: 42 }));
  const printer = () => curl(`${stage.proxies.odin}/api/printers/1/lights`, ...bearer, ...body({ on: true }));
  /** Asks for two scopes; the ask. */
  const ask = async (url, reason = REASON) => {
    const answer = await curl(url, ...bearer, ...body({ scopes: ["write:jobs", "write:printers"], duration: "1h", reason }));
    assert.equal(answer.status, 201, answer.body);
    return JSON.parse(answer.body);
  };
  /** The ask as the token sees it, once it is so. Only time makes it so: it is asked for again until then. */
  const becomes = async (id, state) => {
    for (const end = Date.now() + 30_000; ;) {
      const { status, body: text } = await curl(`${stage.base}/v1/asks/${id}?wait=5`, ...bearer);
      assert.equal(status, 200, text);
      const now = JSON.parse(text);
      if (now.state === state) return now;
      assert.ok(Date.now() < end, `it is ${now.state}, and not ${state}`);
    }
  };

  // Refused, and told where to ask.
  const refusal = await job();
  assert.equal(refusal.status, 403);
  const problem = JSON.parse(refusal.body);
  assert.equal(problem.code, "insufficient_scope");
  const asked = await ask(problem.ask.url);

  const { page, allow } = await open();
  await signIn(stage, page);
  assert.match(await page.locator('nav.sections a[href="/asks"]').innerText(), /^Asks\s*1/);
  await page.click('nav.sections a[href="/asks"]');
  await page.click(`a[href="/asks/${asked.id}"]`);
  assert.equal(await page.locator("blockquote").innerText(), REASON);
  assert.equal(await page.locator("blockquote *").count(), 0);
  assert.ok(await page.isChecked('[name=scope][value="write:printers"]'));
  await page.uncheck('[name=scope][value="write:printers"]');
  await page.fill("#duration", "10m");
  await page.fill("#note", "Only the job.");
  // Who asks waits meanwhile, and is told at once.
  const told = becomes(asked.id, "approved");
  await page.click("text=Lend these");
  await page.waitForURL(/done=lent$/);
  assert.deepEqual((await told).lent, ["write:jobs"]);
  assert.equal((await told).note, "Only the job.");
  const left = new Date((await told).lent_until) - new Date((await told).answered_at);
  assert.equal(left, 600_000);

  // Used: the same call passes, and what was unticked is refused still.
  assert.ok((await job()).status < 300);
  assert.equal((await printer()).status, 403);
  await page.click("dl.facts a");
  assert.match(await page.locator("section:has(#loans)").innerText(), /write:jobs[\s\S]*ends[\s\S]*lent by admin/);
  await page.click("section:has(#loans) a");
  assert.match(await page.locator("section:has(#said)").innerText(), /in 10 minutes|in 9 minutes/);

  // Nobody ends it: ten minutes later it has ended, and shortly before that it had not.
  const lent = new Date((await told).lent_until);
  const seconds = Math.floor((lent - new Date()) / 1000);
  step(stage, seconds - 30);
  assert.ok((await job()).status < 300);
  step(stage, seconds + 1);
  const over = await becomes(asked.id, "ended");
  assert.equal(Number(new Date(over.lent_until)), Number(lent));
  assert.equal((await job()).status, 403);
  await page.reload();
  assert.match(await page.locator("h1").innerText(), /Ended/);

  // Once more, and now it is ended by hand.
  const again = await ask(problem.ask.url);
  assert.notEqual(again.id, asked.id);
  await page.goto(`${stage.base}/asks/${again.id}`);
  await page.click("text=Lend these");
  await page.waitForURL(/done=lent$/);
  assert.ok((await job()).status < 300);
  await page.click("text=End now");
  await page.waitForURL(/done=ask_ended$/);
  assert.equal((await job()).status, 403);
  assert.equal((await becomes(again.id, "ended")).state, "ended");

  // What is wrong stands at its field, and what was typed is kept; then it is denied, by keys alone.
  const third = await ask(problem.ask.url, "Once more.");
  await page.goto(`${stage.base}/asks/${third.id}`);
  allow.push(/status of 422/);
  await page.uncheck('[name=scope][value="write:jobs"]');
  await page.uncheck('[name=scope][value="write:printers"]');
  await page.fill("#duration", "2h");
  await page.fill("#note", "kept");
  await page.click("text=Lend these");
  await page.locator("#e-scopes").waitFor();
  await page.waitForFunction(() => document.activeElement.matches("[role=alert]"));
  assert.equal(await page.inputValue("#note"), "kept");
  allow.length = 0;
  for (let steps = 0; steps < 60; steps += 1) {
    if (await page.evaluate(() => document.activeElement.matches("button.btn-bad"))) break;
    await page.keyboard.press("Tab");
  }
  await Promise.all([page.waitForURL(/done=ask_denied$/), page.keyboard.press("Enter")]);
  const denied = await becomes(third.id, "denied");
  assert.deepEqual([denied.note, denied.lent], ["kept", null]);
  assert.equal((await job()).status, 403);

  // The owner follows the link of a refusal to a form that is filled in but for the reason; she cannot be refused what is hers.
  const owner = await open();
  await signIn(stage, owner.page, bea);
  await owner.page.goto(problem.ask.page);
  assert.ok(await owner.page.isChecked('[name=scope][value="write:jobs"]'));
  assert.equal(await owner.page.locator('[name=scope][value="read:jobs"]').count(), 0);
  await owner.page.fill("#reason", "For the night.");
  await owner.page.click("form.panel button.btn-main");
  await owner.page.waitForURL(/done=asked$/);
  await owner.page.click("form.split button");
  await owner.page.waitForURL(/done=ask_ended$/);
  const { items } = await api(stage, "GET", "/v1/asks?state=all");
  assert.deepEqual(items.map(({ state }) => state), ["withdrawn", "denied", "ended", "ended"]);

  // With everything that such a page can show, in both themes and on a phone.
  const last = await ask(problem.ask.url);
  const states = [last.id, denied.id, asked.id];
  const wrong = [];
  for (const [theme, width] of [["light", 1440], ["dark", 390]]) {
    const { page: seen } = await open({ axe: true, theme, width });
    await signIn(stage, seen);
    for (const path of ["/asks", ...states.map((id) => `/asks/${id}`)]) {
      await seen.goto(stage.base + path);
      wrong.push(...(await axe(seen)).map((line) => `${theme} ${path}: ${line}`));
      if (await seen.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong.push(`${path} at ${width}: scrolls sideways`);
    }
  }
  assert.deepEqual(wrong, []);
});
