// Hangs with a browser open, and hears no signal: for the test of the runner.

import { scenario } from "../../lib.mjs";

scenario(async ({ stage, open }) => {
  const { page } = await open();
  await page.goto(`${stage.base}/healthz`);
  console.log("the browser is open");
  for (;;);
});
