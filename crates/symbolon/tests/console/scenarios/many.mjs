// A hundred thousand tokens: one is found, pages and orders are turned, and how long the list takes is told.

import assert from "node:assert/strict";
import { curl, scenario, signIn } from "../lib.mjs";

scenario(async ({ stage, open }) => {
  const { context, page } = await open();
  await signIn(stage, page);
  const list = `${stage.base}/services/odin/tokens`;
  await page.goto(list);
  const rows = page.locator("table.rows tbody tr");
  const names = () => page.locator("table.rows tbody th a").allInnerTexts();
  assert.equal(await rows.count(), 50);
  assert.equal((await names())[0], "token-000000");

  await page.fill("#query", "token-012344");
  await page.press("#query", "Enter");
  await page.waitForURL(/query=token-012344/);
  assert.deepEqual(await names(), ["token-012344"]);

  await page.goto(list);
  await page.selectOption("#state", "disabled");
  await page.waitForURL(/state=disabled/);
  assert.deepEqual(new Set(await page.locator("tbody .badge").allInnerTexts()), new Set(["Disabled"]));
  await page.fill("#owner", "bea");
  await page.press("#owner", "Enter");
  await page.waitForURL(/owner=bea/);
  assert.deepEqual(new Set(await page.locator('tbody [data-label="Owner"]').allInnerTexts()), new Set(["bea"]));

  await page.goto(`${list}?sort=-name`);
  assert.equal((await names())[0], "token-099999");
  assert.equal(await page.locator("th[aria-sort=descending]").count(), 1);
  const first = await names();
  await page.click("a[rel=next]");
  await page.waitForURL(/cursor=/);
  const second = await names();
  assert.ok(second.length === 50 && second.every((name) => !first.includes(name) && name < first.at(-1)));

  const [{ name, value }] = (await context.cookies()).filter((cookie) => cookie.name.includes("session"));
  const toFirstByte = async (path) => {
    const times = [];
    for (let turn = 0; turn < 9; turn += 1) {
      const { body, status } = await curl(stage.base + path, "--header", `cookie: ${name}=${value}`, "--output", "/dev/null", "--write-out", "%{time_starttransfer}\n%{http_code}");
      assert.equal(status, 200, path);
      times.push(Number(body.trim()) * 1000);
    }
    return times.sort((a, b) => a - b)[4].toFixed(1);
  };
  for (const path of ["/services/odysseus/tokens", "/services/odin/tokens", "/services/odin/tokens?sort=-last_used", "/services/odin/tokens?query=token-012344"]) {
    console.log(`time to first byte, median of 9: ${(await toFirstByte(path)).padStart(7)} ms  ${path}`);
  }
});
