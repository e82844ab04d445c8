// Waits for ever with nothing left to wait for, where Node.js ends by itself and well: for the test of the runner.

import { scenario } from "../../lib.mjs";

scenario(async ({ browser }) => {
  await browser.close();
  await new Promise(() => {});
});
