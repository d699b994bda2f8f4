/**
 * An upstream on which everything takes long, a process of its own: Allegro's query, answered "not yet" as cheaply as node:http allows. Task `t<n>` is
 * the nth; it keeps when each was first asked about. Says its port to whoever started it; ends with it.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** Epoch milliseconds; 0: not asked about yet. */
const firstLooks = new Float64Array(Number(process.argv[2]));
const PENDING = JSON.stringify({ message: 'success', data: '', status: 0 });
let looks = 0;

function look(id: string, response: ServerResponse): void {
  const at = Number(id.slice(1));
  looks += 1;
  if (firstLooks[at] === 0) firstLooks[at] = Date.now();
  json(response, PENDING);
}

function json(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
  if (pathname === '/v1/videoQuery') return look(searchParams.get('requestId') ?? '', response);
  if (pathname === '/looks') return json(response, JSON.stringify({ looks }));
  json(response, JSON.stringify([...firstLooks.subarray(Number(searchParams.get('from')), Number(searchParams.get('to')))]));
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', 2_048);
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit(0));
