/** What else was stored of a generation, by the API and by `results --download --from`; and that samples are called samples. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createGenerations, SIMULATED_KEY, type StoredFile } from '@dailies/queue';
import express from 'express';
import { expect, test } from 'vitest';
import { openApi, type TestApi } from '../support/api.ts';
import { dailies, type Said } from '../support/command-line.ts';
import { newGeneration } from '../support/ledger.ts';
import { listening } from '../support/listening.ts';

test('a folder that is brought by the API has all that the first one has, and a file that is no more what was stored is not served', async () => {
  const api = await openApi();
  const files = await stored(api);
  const brought = await bring(api);
  expect(brought, brought.stderr).toMatchObject({ code: 0 });
  expect(brought.stdout).toContain('4 files fetched');
  for (const { file } of files) expect(await readFile(path.join(api.folder, 'there', file), 'utf8')).toBe(`bytes of ${file}`);
  expect(await readdir(path.join(api.folder, 'there'))).not.toContain('.simulated');

  const mark = await api.ask('GET', '/v1/generations/one/extras/1');
  expect([mark.status, mark.text, mark.headers.get('dailies-simulated')]).toEqual([200, 'bytes of one.3.mp4', null]);
  expect((await api.ask('GET', '/v1/generations/one/extras/3')).status).toBe(404);
  const { body } = await api.ask('GET', '/v1/generations/one');
  expect(body['extras']).toMatchObject([0, 1, 2].map((n) => ({ url: `${api.url}/v1/generations/one/extras/${n}` })));

  await writeFile(path.join(api.folder, 'out', 'films', 'one.mp4'), 'the video of another ledger');
  for (const method of ['GET', 'HEAD']) {
    const answer = await api.ask(method, '/v1/generations/one/videos/0');
    expect([answer.status, answer.headers.get('etag')]).toEqual([404, null]);
    if (method === 'GET') expect(answer.body['detail']).toContain('POST /v1/generations/one/retry');
  }
});

test('what is brought from simulated services is marked, and put beside no real results', async () => {
  const api = await openApi({ ALLEGRO_API_KEY: SIMULATED_KEY, KLING_API_KEY: SIMULATED_KEY, ACEDATA_API_KEY: SIMULATED_KEY });
  await stored(api);
  const brought = await bring(api);
  expect(brought).toMatchObject({ code: 0, stderr: expect.stringContaining('Simulated') as string });
  expect(await readdir(path.join(api.folder, 'there'))).toContain('.simulated');
  expect(await readFile(path.join(api.folder, 'there', 'index.html'), 'utf8')).toMatch(/simulated/i);

  await mkdir(path.join(api.folder, 'real'));
  await writeFile(path.join(api.folder, 'real', 'manifest.jsonl'), '');
  const refused = await bring(api, 'real');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('holds real results') as string });
  expect(await readdir(path.join(api.folder, 'real'))).toEqual(['manifest.jsonl']);
});

test('what an API does not say of itself, behind a proxy of its /v1 or for being older, --simulate says', async () => {
  const api = await openApi({ ALLEGRO_API_KEY: SIMULATED_KEY, KLING_API_KEY: SIMULATED_KEY, ACEDATA_API_KEY: SIMULATED_KEY });
  await stored(api);
  let says = true;
  const { origin } = new URL(
    await listening(
      express().use(async (request, response) => {
        if (!request.url.startsWith('/v1/')) return void response.writeHead(404).end();
        const answer = await fetch(`${api.url}${request.url}`, { headers: { host: request.headers.host ?? '' } });
        response
          .writeHead(answer.status, says ? { 'dailies-simulated': answer.headers.get('dailies-simulated') ?? '' } : {})
          .end(Buffer.from(await answer.arrayBuffer()));
      }),
    ),
  );
  expect(await bring({ ...api, url: origin })).toMatchObject({ code: 0, stderr: expect.stringContaining('Simulated') as string });
  says = false;
  expect(await bring({ ...api, url: origin }, 'older', ['--simulate'])).toMatchObject({ code: 0 });
  for (const folder of ['there', 'older']) expect(await readdir(path.join(api.folder, folder))).toContain('.simulated');
});

function bring({ url, folder }: Pick<TestApi, 'url' | 'folder'>, to = 'there', more: string[] = []): Promise<Said> {
  return dailies({ OUT_DIR: folder, DAILIES_DIR: folder, LOG_LEVEL: 'silent' }, folder, ['results', 'films', '--download', to, '--from', url, ...more]);
}

/** One of a video, its cover, a copy with a watermark and a second picture. */
async function stored({ store, folder }: TestApi): Promise<StoredFile[]> {
  const place = path.join(folder, 'out', 'films');
  await mkdir(place, { recursive: true });
  const kinds: [StoredFile['kind'], string][] = [['video', 'one.mp4'], ['cover', 'one.2.jpg'], ['other', 'one.3.mp4'], ['thumbnail', 'one.4.png']];
  const files = await Promise.all(kinds.map(async ([kind, file]): Promise<StoredFile> => {
    const bytes = `bytes of ${file}`;
    await writeFile(path.join(place, file), bytes);
    return { kind, file, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, source: `https://cdn.example/${file}` };
  }));
  const earlier = { state: 'succeeded' as const, patch: { files, folder: place }, history: [] };
  await createGenerations(store, { batch: 'films', lane: 'films', attended: false, items: [newGeneration('one', { earlier })] });
  return files;
}
