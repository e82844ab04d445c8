// Who may not: an ordinary user of Odysseus finds no way to a token, and a viewer of O.D.I.N. sees their own alone.

import assert from "node:assert/strict";
import { api, curl, person, scenario, signIn, token } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const uma = await person(stage, "uma", { odysseus: "user" });
  const vic = await person(stage, "vic", { odin: "viewer" });
  const foreign = await token(stage, "odin", { name: "of the administrator", scopes: ["read:jobs"], owner: "admin" });
  await token(stage, "odysseus", { name: "chat of the house", profile: "chat", owner: "admin" });

  const user = await open();
  await signIn(stage, user.page, uma);
  user.allow.push(/status of (403|404)/);
  for (const path of ["/", "/services/odysseus/tokens", "/services/odin/tokens", "/account"]) {
    await user.page.goto(stage.base + path);
    assert.equal(await user.page.locator('a[href*="/tokens/new"], input[name=id]').count(), 0, path);
    assert.ok(!(await user.page.content()).includes("chat of the house"), path);
  }
  for (const path of ["/services/odysseus/tokens/new", "/services/odin/tokens/new", "/people", "/keys", "/audit", "/health"]) {
    const answer = await user.page.goto(stage.base + path);
    assert.ok([403, 404].includes(answer.status()), `${path}: ${answer.status()}`);
    assert.equal(await user.page.locator("form:not([action='/sign-out'])").count(), 0, path);
  }
  // Everybody's sessions are not theirs to see; their own are.
  await user.page.goto(`${stage.base}/sessions`);
  assert.equal(new URL(user.page.url()).pathname, "/account");
  // By hand, with their cookies and the token that their own pages' forms carry.
  await user.page.goto(`${stage.base}/account`);
  const formToken = await user.page.locator("[name=form_token]").first().inputValue();
  const cookies = (await user.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const before = await api(stage, "GET", "/v1/services/odysseus/tokens");
  for (const service of ["odysseus", "odin"]) {
    const fields = { form_token: formToken, once: "x1", name: "mine", grant: "profile:chat", scope: "read:jobs", owner: "admin", end: "30d" };
    const sent = Object.entries(fields).flatMap(([name, value]) => ["--data-urlencode", `${name}=${value}`]);
    const made = await curl(`${stage.base}/services/${service}/tokens/new`, "--header", `cookie: ${cookies}`, "--header", `origin: ${stage.base}`, "--header", "sec-fetch-site: same-origin", ...sent);
    assert.ok([403, 404].includes(made.status), `${service}: ${made.status} ${made.body}`);
  }
  assert.equal((await api(stage, "GET", "/v1/services/odysseus/tokens")).items.length, before.items.length);

  const viewer = await open();
  await signIn(stage, viewer.page, vic);
  await viewer.page.goto(`${stage.base}/services/odin/tokens/new`);
  assert.equal(await viewer.page.locator("#owner").count(), 0);
  // What a viewer may not do cannot be granted either, and says so.
  assert.ok(await viewer.page.isDisabled('[name=scope][value="agent:write"]'));
  await viewer.page.fill("#name", "of the viewer");
  await viewer.page.check('[name=scope][value="read:printers"]');
  await viewer.page.click("aside button.btn-main");
  await viewer.page.locator("#secret").waitFor();
  await viewer.page.goto(`${stage.base}/services/odin/tokens`);
  assert.deepEqual(await viewer.page.locator("table.rows tbody th a").allInnerTexts(), ["of the viewer"]);
  for (const filter of ["?owner=admin", "?query=administrator", "?state=active"]) {
    await viewer.page.goto(`${stage.base}/services/odin/tokens${filter}`);
    assert.ok(!(await viewer.page.content()).includes("of the administrator"), filter);
  }
  viewer.allow.push(/status of (403|404)/);
  for (const rest of ["", "/edit", "/revoke"]) {
    const answer = await viewer.page.goto(`${stage.base}/services/odin/tokens/${foreign.id}${rest}`);
    assert.equal(answer.status(), 404, rest);
  }
});
