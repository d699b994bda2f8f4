/** The clients of `examples/` where the results are in a bucket: what they fetch is elsewhere, and their key is none of its business. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.ts';

const CLIENTS = fileURLToPath(new URL('../../examples/clients', import.meta.url));
const VIDEO = 'a video';

const programs = [
  ['node', ['client.mjs']],
  ['python3', ['client.py']],
  ['sh', ['client.sh', 'bucket']],
] as const;

test.each(programs)('a key goes to the API and not along its redirect to a bucket: %s', async (program, [client = '', ...rest]) => {
  if (spawnSync(program === 'sh' ? 'curl' : program, ['--version'], { stdio: 'ignore' }).error !== undefined) return;
  const keys: Record<'api' | 'bucket', Set<string | undefined>> = { api: new Set(), bucket: new Set() };
  const bucket = express().use((request, response) => {
    keys.bucket.add(request.headers.authorization);
    response.type('video/mp4').send(Buffer.from(VIDEO));
  });
  const elsewhere = (await listening(bucket)).replace('127.0.0.1', 'localhost');
  const api = express().use((request, response) => {
    keys.api.add(request.headers.authorization);
    if (request.path.endsWith('/videos/0')) return response.redirect(302, `${elsewhere}v.mp4`);
    if (request.path.endsWith('/events')) return void response.type('text/event-stream').send('event: finished\nid: 1-1\ndata: {}\n\n');
    const url = `http://${request.host}/v1/generations/g1/videos/0`;
    const shown = { id: 'g1', state: 'succeeded', videos: [{ url, sha256: createHash('sha256').update(VIDEO).digest('hex') }] };
    response.json(request.path.endsWith('/generations') && request.method === 'GET' ? { items: [shown] } : shown);
  });
  const url = (await listening(api)).replace(/\/$/, '');

  const child = spawn(program, [`${CLIENTS}/${client}`, ...rest], { env: { PATH: process.env['PATH'], DAILIES_URL: url, DAILIES_KEY: 'MARKED' }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, said).toBe(0);
  expect([...keys.api]).toEqual(['Bearer MARKED']);
  expect([...keys.bucket]).toEqual([undefined]);
});
