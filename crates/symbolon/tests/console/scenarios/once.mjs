// A token's life: made by scopes and by profile, copied, used with curl, shown once and never again, taken back.

import assert from "node:assert/strict";
import { api, scenario, signIn, through } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page, allow } = await open({ clipboard: true });
  await signIn(stage, page);
  const list = `${stage.base}/services/odin/tokens`;
  const count = async (service) => (await api(stage, "GET", `/v1/services/${service}/tokens`)).items.length;

  await page.goto(list);
  await page.click('a.btn-main[href="/services/odin/tokens/new"]');
  await page.fill("#name", "Grafana read-only");
  const said = page.waitForResponse((response) => response.url().endsWith("/new/summary"));
  await page.check('[name=scope][value="read:printers"]');
  assert.ok((await said).ok());
  await page.click("aside button.btn-main");
  const secret = await page.inputValue("#secret");
  assert.match(secret, /^odin_[0-9A-Za-z]{49}$/);
  await page.click('[data-copy="#secret"]');
  await page.waitForFunction(() => document.querySelector("#live").textContent !== "");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, secret);
  assert.equal(await through(stage, "odin", "/api/printers", copied), 200);
  assert.equal(await through(stage, "odin", "/api/jobs", copied), 403);
  assert.equal(await count("odin"), 1);

  /** Neither the page's source has it, nor a field that the browser has filled again by itself, nor its storage. */
  const hidden = async (step) => {
    const held = await page.evaluate(() => {
      const fields = [...document.querySelectorAll("input, textarea, select, output")].map(({ value }) => value);
      return [document.documentElement.outerHTML, ...fields, ...Object.values(localStorage), ...Object.values(sessionStorage), location.href, JSON.stringify(history.state)];
    });
    assert.ok(!held.some((text) => text?.includes(secret.slice(13))), `${step} shows the secret`);
  };
  await page.reload();
  await hidden("a reload");
  await page.goBack();
  await hidden("Back");
  await page.goForward();
  await hidden("Forward");
  assert.equal(await count("odin"), 1);
  const home = page.url();

  // The very same form, sent again by two hurried clicks, makes one token.
  await page.goto(`${list}/new`);
  await page.fill("#name", "twice");
  await page.check('[name=scope][value="read:jobs"]');
  await page.locator("form.aside").evaluate(async (form) => {
    await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  });
  await page.click("aside button.btn-main");
  await page.locator(".facts").waitFor();
  assert.equal(await page.locator("#secret").count(), 0);
  assert.equal(await count("odin"), 2);

  // What the API finds wrong stands at its field, and what was typed is kept.
  allow.push(/status of 422/);
  await page.goto(`${list}/new`);
  await page.fill("#description", "kept");
  await page.click("aside button.btn-main");
  await page.locator('#name[aria-invalid="true"]').waitFor();
  assert.equal(await page.inputValue("#description"), "kept");
  allow.length = 0;

  await page.goto(`${stage.base}/services/odysseus/tokens/new`);
  await page.fill("#name", "mail assistant");
  await page.check('[name=grant][value="profile:codex_todos"]');
  assert.ok(await page.isChecked('[name=scope][value="todos:read"]'));
  await page.click("aside button.btn-main");
  const todos = await page.inputValue("#secret");
  assert.equal(await through(stage, "odysseus", "/api/codex/todos", todos), 200);
  assert.equal((await api(stage, "GET", "/v1/services/odysseus/tokens")).items[0].profile, "codex_todos");

  // Another secret: shown once like the first, which ends with its first use.
  await page.goto(home);
  await page.click('a[href$="/rotate"]');
  await page.fill("#grace", "0s");
  await page.click("form.panel button.btn-main");
  const another = await page.inputValue("#secret");
  assert.equal(another.slice(0, 13), secret.slice(0, 13));
  for (const [which, status] of [[secret, 200], [another, 200], [secret, 401], [another, 200]]) {
    assert.equal(await through(stage, "odin", "/api/printers", which), status);
  }
  await page.goto(home);
  assert.match(await page.locator(".facts").innerText(), /Secret made/);
  assert.ok(!(await page.content()).includes(another.slice(13)));

  await page.click("a.btn-bad");
  await page.click("form.danger button.btn-bad");
  await page.waitForURL(/\/tokens\?done=revoked$/);
  assert.equal(await through(stage, "odin", "/api/printers", another), 401);

  await page.goto(`${stage.base}/services/odysseus/tokens`);
  assert.ok(await page.isDisabled("[data-needs-pick]"));
  await page.check("[data-select-all]");
  await page.click("[data-needs-pick]");
  assert.equal(await through(stage, "odysseus", "/api/codex/todos", todos), 200);
  await page.click("form.danger button.btn-bad");
  await page.waitForURL(/done=revoked_several$/);
  assert.equal(await through(stage, "odysseus", "/api/codex/todos", todos), 401);
});
