/** The clients of `examples/` beside what a real one meets: an API that is restarted, and results in a bucket, which the key is no business of. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.ts';

const CLIENTS = fileURLToPath(new URL('../../examples/clients', import.meta.url));
const VIDEO = 'a video';
/** How often its stream is cut off: some proxies do it every half minute. */
const BREAKS = 6;

const NOT_THERE = 'what it runs with is not installed';

const programs = [
  ['node', ['client.mjs']],
  ['python3', ['client.py']],
  ['sh', ['client.sh', 'bucket']],
] as const;

test.for(programs)('what did not succeed ends the client with an error: %s', async ([program, [client = '', ...rest]], { skip }) => {
  skip(!isThere(program), NOT_THERE);
  const api = express().use((request, response) => {
    if (request.path.endsWith('/events')) return void response.type('text/event-stream').send('event: finished\nid: 1-1\ndata: {}\n\n');
    if (request.path.endsWith('/generations') && request.method === 'GET') return void response.json({ items: [] });
    const failure = { kind: 'moderated', message: 'not this prompt' };
    response.json({ id: 'g1', total: 12, counts: { queued: 0, succeeded: 1, failed: 11 }, state: 'failed', failure, videos: [] });
  });
  const url = (await listening(api)).replace(/\/$/, '');
  const child = spawn(program, [`${CLIENTS}/${client}`, ...rest], { env: { PATH: process.env['PATH'], DAILIES_URL: url }, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.resume();
  expect(await once(child, 'close')).toEqual([1, null]);
});

test.for(programs)('an API that is away, and a stream that breaks off, are asked again; the key goes there, and not along a redirect to a bucket: %s', async ([program, [client = '', ...rest]], { skip }) => {
  skip(!isThere(program), NOT_THERE);
  const keys: Record<'api' | 'bucket', Set<string | undefined>> = { api: new Set(), bucket: new Set() };
  const bucket = express().use((request, response) => {
    keys.bucket.add(request.headers.authorization);
    response.type('video/mp4').send(Buffer.from(VIDEO));
  });
  const elsewhere = (await listening(bucket)).replace('127.0.0.1', 'localhost');
  let asked = 0;
  let followed = 0;
  let shownOne = 0;
  const api = express().use((request, response) => {
    keys.api.add(request.headers.authorization);
    if (!request.path.startsWith('/v1/')) return void response.status(404).end();
    asked += 1;
    if (asked === 1) return void response.status(503).set('Retry-After', '0').end();
    if (asked === 2 && program !== 'sh') return void request.socket.destroy();
    // In the middle of the answer.
    const breaksOff = program === 'node' ? request.path.endsWith('/g1') && ++shownOne === 1 : asked === (program === 'sh' ? 2 : 3);
    if (breaksOff) return void response.set('content-length', '99').write('{', () => request.socket.destroy());
    if (request.path.endsWith('/events') && ++followed <= BREAKS) return void response.type('text/event-stream').send('event: counts\nid: 1-0\ndata: {}\n\n');
    if (request.path.endsWith('/videos/0')) return response.redirect(302, `${elsewhere}v.mp4`);
    if (request.path.endsWith('/events')) return void response.type('text/event-stream').send('event: finished\nid: 1-1\ndata: {}\n\n');
    const url = `http://${request.host}/v1/generations/g1/videos/0`;
    const shown = { id: 'g1', total: 1, counts: { queued: 0, succeeded: 1, failed: 0 }, state: 'succeeded', videos: [{ url, sha256: createHash('sha256').update(VIDEO).digest('hex') }] };
    response.json(request.path.endsWith('/generations') && request.method === 'GET' ? { items: [shown] } : shown);
  });
  // As people type it, too: it ends with a slash.
  const url = await listening(api);

  const child = spawn(program, [`${CLIENTS}/${client}`, ...rest], {
    env: { PATH: process.env['PATH'], DAILIES_URL: url, DAILIES_KEY: 'MARKED' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, said).toBe(0);
  expect(followed).toBe(program === 'python3' ? 0 : BREAKS + 1);
  expect([...keys.api]).toEqual(['Bearer MARKED']);
  expect([...keys.bucket]).toEqual([undefined]);
});

/** The shell script is of no use without curl. */
function isThere(program: (typeof programs)[number][0]): boolean {
  return spawnSync(program === 'sh' ? 'curl' : program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
