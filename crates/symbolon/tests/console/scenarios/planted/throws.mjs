// Fails on purpose: for the test of the runner.

import { scenario } from "../../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page } = await open();
  await page.goto(`${stage.base}/healthz`);
  console.log("said before");
  throw new Error("thrown on purpose");
});
