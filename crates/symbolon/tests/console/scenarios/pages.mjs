// Every page, in both themes and on a phone: the rules of accessibility, its weight, its policy; and a name that would
// be markup is text on each.

import assert from "node:assert/strict";
import { asks, axe, pages, scenario, signIn, through, token } from "../lib.mjs";

const NAME = "<script>alert(1)</script>";

/** What makes the page scroll sideways. */
const tooWide = (page) => page.evaluate(() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const out = [...document.querySelectorAll("main *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
  return [`scrolls sideways: ${out.slice(0, 3).map((element) => element.outerHTML.slice(0, 160)).join(" | ")}`];
});

scenario(async ({ stage, open }) => {
  const made = await token(stage, "odin", { name: NAME, description: `"'>${NAME}`, scopes: ["agent:write"], owner: "admin" });
  assert.equal(await through(stage, "odin", "/api/printers", made.token), 200);
  assert.equal(await through(stage, "odin", `/api/users?${encodeURIComponent(NAME)}`, made.token), 403);

  const ask = await asks(stage, made.token, { scopes: ["write:models"], duration: "10m", reason: NAME });

  const plain = await open();
  await plain.page.goto(`${stage.base}/sign-in`);
  await signIn(stage, plain.page);
  plain.page.on("dialog", (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
  const wrong = [];
  for (const path of pages(made.id, ask)) {
    const weights = { html: 0, assets: 0 };
    const seen = [];
    const weigh = (response) => seen.push(response);
    plain.page.on("response", weigh);
    const answer = await plain.page.goto(stage.base + path);
    plain.page.off("response", weigh);
    for (const response of seen) {
      const { length } = await response.body().catch(() => "");
      weights[response === answer ? "html" : "assets"] += length;
    }
    console.log(`${path.replace(made.id, "{id}").replace(ask, "{ask}").padEnd(45)} ${weights.html} bytes of HTML, ${weights.html + weights.assets} with style and script`);
    if (answer.status() !== 200) wrong.push(`${path}: ${answer.status()}`);
    if (weights.html + weights.assets >= 100_000) wrong.push(`${path}: ${weights.html + weights.assets} bytes`);
    const policy = answer.headers()["content-security-policy"] ?? "";
    if (!policy.includes("default-src 'none'") || policy.includes("unsafe-inline")) wrong.push(`${path}: policy ${policy}`);
    const scripts = await plain.page.locator("script:not([src]), [onclick], [onload], [style]").count();
    if (scripts) wrong.push(`${path}: ${scripts} inline`);
    wrong.push(...(await tooWide(plain.page)).map((line) => `${path}: ${line}`));
  }
  await plain.page.goto(`${stage.base}/services/odin/tokens/${made.id}`);
  assert.ok((await plain.page.locator("h1").innerText()).includes(NAME));
  assert.ok((await plain.page.locator(".facts").innerText()).includes(`"'>${NAME}`));

  for (const [theme, width] of [["light", 1440], ["dark", 390]]) {
    const { page } = await open({ axe: true, theme, width });
    await page.goto(`${stage.base}/sign-in`);
    wrong.push(...(await axe(page)).map((line) => `${theme} /sign-in: ${line}`));
    await signIn(stage, page);
    for (const path of pages(made.id, ask)) {
      await page.goto(stage.base + path);
      wrong.push(...(await axe(page)).map((line) => `${theme} ${path}: ${line}`));
      wrong.push(...(await tooWide(page)).map((line) => `${path} at ${width}: ${line}`));
    }
    await page.goto(`${stage.base}/services/odin/tokens/new`);
    await page.fill("#name", `once ${theme}`);
    await page.check('[name=scope][value="read:jobs"]');
    await page.click("aside button.btn-main");
    await page.locator("#secret").waitFor();
    wrong.push(...(await axe(page)).map((line) => `${theme} once: ${line}`));
  }
  assert.deepEqual(wrong, []);
});
