import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from './http-server.ts';

test('a server that listens survives connections that it cannot accept, however many', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await listen(server, { host: '127.0.0.1', port: 0, variables: { host: 'HOST', port: 'PORT' } });
  const fault = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  for (let each = 0; each < 3; each += 1) expect(server.emit('error', fault)).toBe(true);
});
