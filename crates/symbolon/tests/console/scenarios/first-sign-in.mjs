// A password that somebody else has seen is changed before anything else, and a wrong one lets nobody in.

import assert from "node:assert/strict";
import { PASSWORD, scenario } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page, allow } = await open();
  const enter = async (password) => {
    await page.fill("#name", stage.admin.name);
    await page.fill("#password", password);
    await page.click('form[action="/sign-in"] button');
  };
  await page.goto(`${stage.base}/services/odin/tokens?state=active`);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  allow.push(/status of (401|422)/);
  await enter("not the password");
  await page.locator("[role=alert]").waitFor();
  assert.equal(await page.inputValue("#password"), "");
  allow.length = 0;

  await enter(stage.admin.password);
  await page.locator("#again").waitFor();
  assert.equal(new URL(page.url()).pathname, "/account/password");
  for (const elsewhere of ["/services/odin/tokens", "/people", "/account"]) {
    await page.goto(stage.base + elsewhere);
    assert.equal(new URL(page.url()).pathname, "/account/password", elsewhere);
  }
  const choose = async (current, again) => {
    await page.fill("#current", current);
    await page.fill("#new", PASSWORD);
    await page.fill("#again", again);
    await page.click('form[action="/account/password"] button');
  };
  allow.push(/status of 4/);
  await choose(stage.admin.password, `${PASSWORD}!`);
  await page.locator('#again[aria-invalid="true"]').waitFor();
  await choose("not the password", PASSWORD);
  await page.locator('#current[aria-invalid="true"]').waitFor();
  allow.length = 0;
  await choose(stage.admin.password, PASSWORD);
  await page.locator(".menu-end").waitFor();
  assert.match(new URL(page.url()).pathname, /^\/services\/[a-z]+\/tokens$/);

  await page.locator(".menu-end summary").click();
  await page.click('form[action="/sign-out"] button');
  await page.locator("#password").waitFor();
  await page.goBack();
  await page.locator("#password").waitFor();
  allow.push(/status of (401|422)/);
  await enter(stage.admin.password);
  await page.locator("[role=alert]").waitFor();
  await enter(PASSWORD);
  await page.locator(".menu-end").waitFor();
});
