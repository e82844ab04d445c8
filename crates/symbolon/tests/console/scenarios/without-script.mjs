// Every page without its script: nothing is lost but comfort.

import assert from "node:assert/strict";
import { api, asks, pages, scenario, signIn, through } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page } = await open({ script: false });
  await signIn(stage, page);
  const list = `${stage.base}/services/odin/tokens`;

  await page.goto(`${list}/new`);
  await page.fill("#name", "no script");
  await page.check('[name=scope][value="read:jobs"]');
  await page.click('button[value="preview"]');
  assert.ok((await page.locator("[data-summary-here]").innerText()).includes("jobs"));
  assert.equal(await page.inputValue("#name"), "no script");
  await page.click("aside button.btn-main");
  const secret = await page.inputValue("#secret");
  assert.equal(await page.locator("[data-copy]:visible").count(), 0);
  assert.equal(await through(stage, "odin", "/api/jobs", secret), 200);
  const { items: [made] } = await api(stage, "GET", "/v1/services/odin/tokens");

  const own = `${list}/${made.id}`;
  const ask = await asks(stage, secret, { scopes: ["write:jobs"], duration: "10m", reason: "to try" });
  for (const path of pages(made.id, ask)) {
    const answer = await page.goto(stage.base + path);
    assert.equal(answer.status(), 200, path);
    // What the script alone can do is not offered.
    assert.equal(await page.locator("[data-js]:visible").count(), 0, path);
    assert.ok((await page.locator("main h1").innerText()).length > 0, path);
  }

  await page.goto(`${stage.base}/asks/${ask}`);
  await page.fill("#duration", "5m");
  await page.click("form.panel button.btn-main");
  assert.ok((await page.locator("section:has(#said)").innerText()).includes("minutes left"));
  await page.click("form.split button");
  assert.match(page.url(), /done=ask_ended$/);

  await page.goto(`${own}/edit`);
  await page.fill("#description", "edited without a script");
  await page.click("aside button.btn-main");
  assert.ok((await page.locator(".facts").innerText()).includes("edited without a script"));
  await page.click('form[action$="/disable"] button');
  assert.equal(await through(stage, "odin", "/api/jobs", secret), 401);
  await page.click('form[action$="/enable"] button');
  assert.equal(await through(stage, "odin", "/api/jobs", secret), 200);

  await page.goto(list);
  await page.selectOption("#state", "disabled");
  await page.click("form.filters button");
  assert.equal(await page.locator("tbody tr").count(), 0);
  await page.goto(list);
  await page.check("[data-pick]");
  await page.click("[data-needs-pick]");
  await page.click("form.danger button.btn-bad");
  assert.equal(await through(stage, "odin", "/api/jobs", secret), 401);

  await page.click(".menu-end summary");
  await page.click('form[action="/sign-out"] button');
  await page.goto(list);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
});
