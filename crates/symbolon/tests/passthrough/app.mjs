// An application as people run it: pages, a login form, a session cookie, a token against forged forms, an API that its
// own script calls, events, a WebSocket, and one static key for machines. It knows nothing of Symbolon.
//
// app.mjs KEY: prints its address, listens until its standard input ends, and keeps what it was sent: GET /requests.

import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const KEY = process.argv[2];
const PASSWORD = "correct horse";
const sessions = new Map();
const notes = ["milk"];
const listeners = new Set();
const requests = [];

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title><link rel="icon" href="data:,">${body}</html>`;
const field = (session) => `<input type="hidden" name="csrf" value="${session.csrf}">`;

const home = (session) => page("Notes", `
<h1>Notes of ${escaped(session.user)}</h1>
<ul id="notes"></ul>
<form method="post" action="/notes">${field(session)}<input name="text" aria-label="text"><button id="add">Add</button></form>
<form method="post" action="/logout">${field(session)}<button id="logout">Log out</button></form>
<p id="event"></p><p id="socket"></p>
<script src="/app.js"></script>`);

const script = `
fetch("/api/notes").then((answer) => answer.json()).then((list) => {
  for (const text of list) document.getElementById("notes").append(Object.assign(document.createElement("li"), { textContent: text }));
  document.body.dataset.listed = list.length;
});
const events = new EventSource("/events");
events.onopen = () => { document.body.dataset.events = "open"; };
events.onmessage = ({ data }) => { document.getElementById("event").textContent = data; };
const socket = new WebSocket(location.origin.replace("http", "ws") + "/live");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => { document.getElementById("socket").textContent = data; };
`;

const login = (message) => page("Log in", `<h1>Log in</h1><p id="message">${message}</p>
<form method="post" action="/login"><input name="user" aria-label="user"><input name="password" type="password" aria-label="password"><button>Log in</button></form>`);

/** Who asks: somebody with a session, a machine with the key, or nobody. */
function caller({ headers }) {
  if (headers["x-api-key"] === KEY) return { user: "machine", machine: true };
  const cookie = /(?:^|;\s*)studio_session=(\w+)/.exec(headers.cookie ?? "");
  return cookie && sessions.get(cookie[1]);
}

async function form(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

function add(text) {
  notes.push(text);
  for (const answer of listeners) answer.write(`data: added ${text}\n\n`);
}

async function answer(request, response) {
  const send = (status, type, body, headers = {}) => response.writeHead(status, { "content-type": type, ...headers }).end(body);
  const json = (status, value) => send(status, "application/json", JSON.stringify(value));
  const see = (location, headers = {}) => response.writeHead(303, { location, ...headers }).end();
  const { pathname } = new URL(request.url, "http://app");
  const operation = `${request.method} ${pathname}`;
  if (operation === "GET /requests") return json(200, requests);
  const { headers } = request;
  const symbolons = Object.keys(headers).filter((name) => /^x.symbolon/.test(name));
  requests.push({ operation, key: "x-api-key" in headers, bearer: headers.authorization ?? null, cookie: "cookie" in headers, symbolon: Object.fromEntries(symbolons.map((name) => [name, headers[name]])) });

  if (operation === "GET /login") return send(200, "text/html", login(""));
  if (operation === "POST /login") {
    const sent = await form(request);
    if (sent.get("password") !== PASSWORD) return send(401, "text/html", login("Wrong name or password."));
    const [id, csrf] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    sessions.set(id, { user: sent.get("user"), csrf });
    return see("/", { "set-cookie": `studio_session=${id}; Path=/; HttpOnly; SameSite=Lax` });
  }
  const who = caller(request);
  if (!who) return pathname.startsWith("/api/") ? json(401, { error: "not authenticated" }) : see("/login");
  switch (operation) {
    case "GET /": return send(200, "text/html", home(who));
    case "GET /app.js": return send(200, "text/javascript", script);
    case "GET /api/notes": return json(200, notes);
    case "GET /api/admin/users": return json(200, ["ada"]);
    case "GET /events":
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" }).write(": open\n\n");
      listeners.add(response);
      return request.on("close", () => listeners.delete(response));
    case "POST /api/notes": {
      if (!who.machine && headers["x-csrf"] !== who.csrf) return json(403, { error: "forged" });
      add((await form(request)).get("text"));
      return json(201, notes);
    }
    case "POST /notes": {
      const sent = await form(request);
      if (sent.get("csrf") !== who.csrf) return send(403, "text/html", page("Forged", "<h1>Forged</h1>"));
      add(sent.get("text"));
      return see("/");
    }
    case "POST /logout":
      sessions.clear();
      return see("/login", { "set-cookie": "studio_session=; Path=/; Max-Age=0" });
    default: return json(404, { error: "not found" });
  }
}

const server = createServer((request, response) => answer(request, response).catch((error) => { console.error(error); response.destroy(); }));

// RFC 6455, as much as one greeting needs: short unfragmented text frames, and a session of the page's own origin.
server.on("upgrade", (request, socket) => {
  const { headers } = request;
  const who = caller(request);
  if (request.url !== "/live" || !who || headers.origin !== `http://${headers.host}`) return socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
  socket.on("error", () => {});
  socket.on("data", (frame) => {
    if ((frame[0] & 0x0f) !== 1) return socket.end();
    const [length, mask] = [frame[1] & 0x7f, frame.subarray(2, 6)];
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]));
    const reply = Buffer.from(`${text} ${who.user}`);
    socket.write(Buffer.concat([Buffer.from([0x81, reply.length]), reply]));
  });
});

server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
