import { Symbolon } from "symbolon";
import { admitUpgrade } from "symbolon/node";

const symbolon = new Symbolon({ url: process.env.SYMBOLON_URL, service: "library", key: process.env.SYMBOLON_KEY });

/** @param {import("node:http").Server} server */
export function upgrades(server) {
  server.on("upgrade", async (request, socket) => {
    const grant = await admitUpgrade(symbolon, request, socket);
    if (!grant) return;
    socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  });
}
