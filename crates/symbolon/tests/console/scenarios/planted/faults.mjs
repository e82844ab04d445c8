// Each fault that a page can have is collected, a page without one has none, and what is allowed is left out.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { open, scenario } from "../../lib.mjs";

const listening = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const closing = (server) => new Promise((done) => server.close(done));

scenario(async ({ stage, browser }) => {
  // A port of our own on which nobody answers: one that was closed could be somebody else's by now. The request is read
  // first; what the browser calls a connection that is cut depends on how far it was.
  const silent = createServer((request) => request.socket.destroy());
  const nobody = `http://127.0.0.1:${await listening(silent)}/`;

  const policy = "default-src 'none'";
  const PAGES = [
    ["quiet", "<p>Nothing is wrong here</p>"],
    ["spoken", "<script>console.error('spoken')</script>", /^console: spoken /],
    ["thrown", "<script>throw new Error('thrown')</script>", /^script: Error: thrown/],
    ["rejected", "<script>Promise.reject(new Error('rejected'))</script>", /^script: Error: rejected/],
    ["script", "<script>document.title = 'run'</script>", /^console: .*Content Security Policy/, policy],
    ["style", "<p style='color: red'>red</p>", /^console: .*Content Security Policy/, policy],
    ["missing", "<img src=/no-such-image alt=''>", /^console: .*status of 404/],
    ["unanswered", `<img src='${nobody}' alt=''>`, /^failed: GET http:\/\/127\.0\.0\.1:\d+\/ net::ERR_[A-Z_]+$/],
    ["name", "<img src='http://example.com/name' alt=''>", /^left the machine: http:\/\/example\.com\/name$/],
    ["address", "<img src='http://203.0.113.1/address' alt=''>", /^left the machine: http:\/\/203\.0\.113\.1\/address$/],
    ["frame", "<iframe src='https://example.com/frame'></iframe>", /^left the machine: https:\/\/example\.com\/frame$/],
    ["window", "<script>open('http://example.com/window')</script>", /^left the machine: http:\/\/example\.com\/window$/],
    ["sent", "<script>navigator.sendBeacon('http://example.com/sent')</script>", /^left the machine: http:\/\/example\.com\/sent$/],
    ["socket", "<script>new WebSocket('ws://example.com/socket')</script>", /^console: .*ws:\/\/example\.com\/socket/],
  ];
  const server = createServer((request, answer) => {
    const found = PAGES.find(([name]) => request.url === `/${name}`);
    if (!found) return answer.writeHead(404).end();
    if (found[3]) answer.setHeader("content-security-policy", found[3]);
    return answer.setHeader("content-type", "text/html").end(`<!doctype html><link rel=icon href=data:,>${found[1]}`);
  });
  const base = `http://127.0.0.1:${await listening(server)}`;

  /** The faults of a page, up to one that matches; events come in order, and not at once. */
  const visit = async (url, until, ...allowed) => {
    const faults = [];
    const { context, page, allow } = await open(browser, faults);
    allow.push(...allowed);
    await page.goto(url);
    if (!until) await page.evaluate(() => console.error("the end"));
    const last = until ?? /^console: the end/;
    for (let turn = 0; turn < 2000 && !faults.some((fault) => last.test(fault)); turn += 1) await page.evaluate(() => 0);
    assert.ok(faults.some((fault) => last.test(fault)), `${url}: ${JSON.stringify(faults)}`);
    await context.close();
    return until ? faults : faults.filter((fault) => !last.test(fault));
  };
  try {
    for (const [name, , fault] of PAGES) {
      const faults = await visit(`${base}/${name}`, fault);
      if (!fault) assert.deepEqual(faults, []);
    }
    assert.deepEqual(await visit(`${base}/spoken`, undefined, /spoken/), []);

    const { page } = await open(browser, []);
    const asked = (key) => page.request.get(`${stage.base}/v1/services`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal((await asked(stage.system_key)).status(), 200);
    assert.equal((await asked("symkey_none")).status(), 401);
    assert.match((await (await page.request.get(`${stage.base}/openapi.json`, { headers: { authorization: `Bearer ${stage.system_key}` } })).json()).openapi, /^3\.1/);
  } finally {
    for (const each of [server, silent]) {
      each.closeAllConnections();
      await closing(each);
    }
  }
});
