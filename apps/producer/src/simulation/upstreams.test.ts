import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recordPorts } from './drawn-ports.ts';
import { openUpstreams } from './upstreams.ts';

test('a run shares the simulator of another one that began at the same moment, though it has its ports before it answers', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-upstreams-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  let asked = 0;
  const other = createServer((_request, response) => {
    asked += 1;
    response.statusCode = asked < 4 ? 503 : 200;
    response.end('{"submits":[]}');
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await recordPorts(folder, { api: port, assets: port });

  const upstreams = await openUpstreams(folder, 30);
  onTestFinished(() => upstreams.close());

  expect(upstreams.url).toBe(`http://127.0.0.1:${port}`);
  expect(asked).toBe(4);
});
