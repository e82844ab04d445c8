// Everything by keyboard alone: nothing here moves a pointer or sets a field but by keys.

import assert from "node:assert/strict";
import { api, scenario } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page, allow } = await open();
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const type = (text) => page.keyboard.type(text);
  /** Goes by Tab to what `css` matches; on the way the focus must show. */
  const to = async (css, key = "Tab") => {
    for (let steps = 0; steps < 150; steps += 1) {
      const at = await page.evaluate((wanted) => {
        const focused = document.activeElement;
        const { outlineStyle, boxShadow } = getComputedStyle(focused);
        return { found: focused.matches(wanted), shown: outlineStyle !== "none" || boxShadow !== "none", body: focused === document.body, html: focused.outerHTML.slice(0, 120) };
      }, css);
      if (at.found && !at.body) {
        assert.ok(at.shown, `the focus does not show on ${at.html}`);
        return;
      }
      await page.keyboard.press(key);
    }
    assert.fail(`no way by ${key} to ${css}`);
  };
  /** Presses Enter, which leads to another page. */
  const leave = async (where) => {
    await Promise.all([page.waitForEvent("load"), press("Enter")]);
    assert.match(page.url(), where);
  };
  const enter = async (css, where) => {
    await to(css);
    await leave(where);
  };

  const password = "the quick brown fox jumps";
  await page.goto(`${stage.base}/sign-in`);
  await to("#name");
  await type(stage.admin.name);
  await press("Tab");
  await type(stage.admin.password);
  await leave(/\/(tokens|password)$/);
  if (page.url().endsWith("/account/password")) {
    for (const [css, text] of [["#current", stage.admin.password], ["#new", password], ["#again", password]]) {
      await to(css);
      await type(text);
    }
    await leave(/\/tokens\?done=password$/);
  }

  // The first stop of every page leads past the navigation.
  await page.goto(`${stage.base}/services/odin/tokens`);
  await press("Tab");
  await to(".skip");
  await press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "main");
  await page.goto(`${stage.base}/services/odin/tokens`);
  await enter('main a[href$="/tokens/new"]', /\/new$/);

  // A refused form puts the focus where it says what is wrong, and from there to the field.
  allow.push(/status of 422/);
  await enter("aside button.btn-main", /\/new$/);
  await page.waitForFunction(() => document.activeElement.matches("[role=alert]"));
  await to('[role=alert] a[href="#name"]');
  await press("Enter");
  await page.waitForFunction(() => location.hash === "#name");
  allow.length = 0;
  await to("#name");
  await type("by keys");
  await to('[name=scope][value="read:printers"]');
  await press("Space");
  await to("[name=end]:checked");
  await press("ArrowUp");
  await enter("aside button.btn-main", /\/tokens\/tok_/);
  await page.locator("#secret").waitFor();
  const { items: [made] } = await api(stage, "GET", "/v1/services/odin/tokens");
  assert.equal(made.name, "by keys");
  assert.ok(made.expires_at);
  await enter("main .actions a", new RegExp(`${made.id}$`));

  await enter('a[href$="/edit"]', /\/edit$/);
  await to("#name");
  await press("End");
  await type(", edited");
  await leave(/done=saved/);
  await enter('form[action$="/disable"] button', /done=disabled/);
  await enter('form[action$="/enable"] button', /done=enabled/);

  // A filter, an order and a selection; a menu that closes on Escape and gives the focus back.
  await page.goto(`${stage.base}/services/odin/tokens`);
  await to("#query");
  await type("edited");
  await leave(/query=edited/);
  await enter('.sorts a[href*="sort=name"]', /sort=name/);
  await to("[data-pick]");
  await press("Space");
  await to("[data-needs-pick]");
  await leave(/\/tokens\/revoke$/);
  await enter("form.danger button.btn-bad", /done=revoked_several/);
  assert.equal((await api(stage, "GET", `/v1/services/odin/tokens/${made.id}`)).state, "revoked");

  await to(".menu-end summary");
  await press("Enter");
  await page.locator('.menu-end a[href="/account"]').waitFor();
  await press("Escape");
  await page.waitForFunction(() => document.activeElement.matches(".menu-end summary"));
  await press("Enter");
  await enter('form[action="/sign-out"] button', /\/sign-in/);
});
