import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openResults } from '@dailies/results';
import { expect, onTestFinished, test } from 'vitest';
import { apiSource } from './api-source.ts';
import { collect } from './collect.ts';

test('a stop waits for no API that takes a connection and never answers, and the pages have what was brought before', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dailies-silent-api-'));
  const item = { id: 'fox', state: 'failed', provider: 'kling', videos: [], params: {}, history: [] };
  const api = createServer((request, response) => {
    if (request.url === '/v1/batches/films/generations') response.end(JSON.stringify({ items: [item], cursor: 'next' }));
    else api.emit('asked in vain');
  }).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    api.closeAllConnections();
    api.close();
    await rm(folder, { recursive: true });
  });
  await once(api, 'listening');
  const { port } = api.address() as AddressInfo;
  const opened = () => {
    const stop = new AbortController();
    void once(api, 'asked in vain').then(() => stop.abort());
    return { signal: stop.signal, source: apiSource({ url: `http://127.0.0.1:${port}`, key: null, stopping: stop.signal }, 'films', false) };
  };
  await expect(opened().source.isSimulated()).rejects.toMatchObject({ name: 'Complaint', exitCode: 130 });

  const { source, signal } = opened();
  const results = openResults({ outFolder: folder, s3: null });
  expect(await collect(source, { folder, results, simulated: false, signal })).toMatchObject({ rows: 1 });
  expect(await readFile(path.join(folder, 'manifest.jsonl'), 'utf8')).toContain('"fox"');
});
