// Another site's page: its forms are refused and change nothing, and no page of ours shows in a frame of it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { api, scenario, signIn, through, token } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const made = await token(stage, "odin", { name: "in use", scopes: ["read:jobs"], owner: "admin" });
  const own = `/services/odin/tokens/${made.id}`;
  let body = "";
  const other = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(`<!doctype html><link rel=icon href=data:,>${body}`));
  await new Promise((listening) => other.listen(0, "127.0.0.1", listening));
  try {
    const { page, allow } = await open();
    await signIn(stage, page);
    await page.goto(stage.base + own);
    const real = await page.locator("[name=form_token]").first().inputValue();

    // `localhost` is another site than 127.0.0.1, and another port of 127.0.0.1 the same site but another origin:
    // there the browser sends the session's cookie along, and even the right token does not help.
    allow.push(/status of 403/);
    for (const host of ["localhost", "127.0.0.1"]) {
      for (const guess of [null, "0".repeat(64), real]) {
        for (const [action, fields] of [
          [`${own}/revoke`, {}],
          [`${own}/disable`, {}],
          [`${own}/rotate`, { old: "now" }],
          ["/services/odin/tokens/revoke", { id: made.id, sure: "yes" }],
          ["/services/odin/tokens/new", { name: "theirs", scope: "read:jobs", once: "x", end: "30d" }],
          ["/sign-out", {}],
        ]) {
          const inputs = Object.entries({ ...fields, ...(guess && { form_token: guess }) });
          body = `<form method=post action="${stage.base}${action}">${inputs.map(([name, value]) => `<input name="${name}" value="${value}">`).join("")}<button>Win a printer</button></form>`;
          await page.goto(`http://${host}:${other.address().port}/`);
          const [answer] = await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), page.click("button")]);
          assert.equal(answer.status(), 403, `${host} ${action} ${guess}`);
          await page.waitForLoadState();
        }
      }
    }
    allow.length = 0;
    const { items } = await api(stage, "GET", "/v1/services/odin/tokens");
    assert.deepEqual(items.map(({ id, state }) => [id, state]), [[made.id, "active"]]);
    assert.equal(await through(stage, "odin", "/api/jobs", made.token), 200);
    await page.goto(stage.base + own);
    await page.locator(".facts").waitFor();

    allow.push(/frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE/i);
    for (const path of [own, `${own}/revoke`, "/sign-in"]) {
      for (const host of ["localhost", "127.0.0.1"]) {
        body = `<iframe src="${stage.base}${path}"></iframe>`;
        await page.goto(`http://${host}:${other.address().port}/`);
        const frames = page.frames().filter((frame) => frame !== page.mainFrame());
        assert.equal(frames.length, 1);
        const inside = frames[0].url().startsWith("chrome-error:") || frames[0].url() === "" ? "" : await frames[0].locator("body").innerText();
        assert.equal(inside, "", `${path} shows in a frame of ${host}`);
      }
    }
  } finally {
    other.closeAllConnections();
    other.close();
  }
});
