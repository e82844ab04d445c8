// Goes well but for an error that only the browser tells: for the test of the runner.

import { scenario } from "../../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page } = await open();
  await page.goto(`${stage.base}/healthz`);
  await page.evaluate(() => console.error("told on purpose"));
});
