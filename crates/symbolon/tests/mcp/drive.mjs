// Lists tools of services and calls those that it is told, by the official clients for JavaScript: `current` negotiates the
// newest version that both know, `before` is the version before, and `stdio` starts a program that offers tools over its
// standard input. What comes of it is JSON.
//
//   node drive.mjs CLIENT < [{"url", "token", "command", "env", "calls": [[name, arguments], …]}, …]
import { readFileSync } from 'node:fs';
import { Client as Current, StreamableHTTPClientTransport as CurrentTransport } from '@modelcontextprotocol/client';
import { Client as Before } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as BeforeTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const name = { name: 'test', version: '1' };
const http = (asked) => [new URL(asked.url), { requestInit: { headers: { Authorization: `Bearer ${asked.token}` } } }];
const connect = {
  current: async (asked) => {
    const client = new Current(name, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new CurrentTransport(...http(asked)));
    return client;
  },
  before: async (asked) => {
    const client = new Before(name);
    await client.connect(new BeforeTransport(...http(asked)));
    return client;
  },
  stdio: async (asked) => {
    const client = new Before(name);
    const [command, ...args] = asked.command;
    await client.connect(new StdioClientTransport({ command, args, env: { PATH: process.env.PATH, ...asked.env }, stderr: 'inherit' }));
    return client;
  },
};

async function play(asked) {
  const client = await connect[process.argv[2]](asked);
  const { tools } = await client.listTools();
  const results = [];
  for (const [tool, given] of asked.calls) {
    try {
      const { isError, content, structuredContent } = await client.callTool({ name: tool, arguments: given });
      results.push({ tool, ok: !isError, text: content?.[0]?.text, structured: structuredContent });
    } catch (error) {
      results.push({ tool, refused: error.constructor.name, text: String(error.message) });
    }
  }
  const version = client.getNegotiatedProtocolVersion?.() ?? null;
  await client.close();
  return { version, server: client.getServerVersion() ?? null, tools, results };
}

const found = [];
for (const asked of JSON.parse(readFileSync(0, 'utf8'))) found.push(await play(asked));
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
