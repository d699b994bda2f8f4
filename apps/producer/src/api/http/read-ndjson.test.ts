import { once } from 'node:events';
import { createServer, type IncomingMessage, request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readNdjson } from './read-ndjson.ts';

test('a body that breaks off is refused like any other that is wrong, and is no fault of ours', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const asked = openRequest({ method: 'POST', host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
  asked.on('error', () => undefined).write('{}\n');
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  const lines = readNdjson(request);
  expect(await lines.next()).toMatchObject({ value: { line: 1, text: '{}' } });
  asked.destroy();
  await expect(lines.next()).rejects.toMatchObject({ status: 400, code: 'malformed' });
});
