import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { reach } from './reachability.ts';

async function listening(): Promise<{ url: URL; received: () => number; close: () => Promise<void> }> {
  let bytes = 0;
  const server = createServer((socket) => socket.on('data', (data) => (bytes += data.length)).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}`), received: () => bytes, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

test('a reachable origin is reached without a byte being sent to it', async () => {
  const { url, received, close } = await listening();
  await reach(url);
  await close();
  expect(received()).toBe(0);
});

test('a closed port is said to be one', async () => {
  const { url, close } = await listening();
  await close();
  await expect(reach(url)).rejects.toThrow('ECONNREFUSED');
});
