/** `dailies results --download`: what another machine's workers produced, brought here whole. */
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines } from './said.ts';
import { type House, openHouse } from './house.ts';

test('files are brought from where they were stored, verified, and only what is missing or damaged is brought again', async () => {
  const house = await finished();
  const here = path.join(house.folder, 'here');
  const words = ['results', 'boats', '--download', 'here'];
  await mkdir(here);
  await writeFile(path.join(here, 'one.mp4'), 'my own');
  const first = await house.dailies(...words);
  expect(first, first.stderr).toMatchObject({ code: 0 });
  expect(first.stdout).toContain('3 files fetched, 0 whole already, of 2 generations');
  const rows = jsonLines(await readFile(path.join(here, 'manifest.jsonl'), 'utf8')) as { id: string }[];
  expect(rows.map(({ id }) => id)).toEqual(['one', 'two']);
  expect(await readFile(path.join(here, 'index.html'), 'utf8')).toContain('boats');
  expect(await readFile(path.join(here, 'one.mp4.kept'), 'utf8')).toBe('my own');

  await truncate(path.join(here, 'one.mp4'), 500);
  const again = await house.dailies(...words);
  expect(again.stdout).toContain('1 file fetched, 2 whole already');
  expect((await readFile(path.join(here, 'one.mp4.kept-2'))).length, 'it may be a person\'s own: a manifest tells of files before they are brought, too').toBe(500);

  const manifest = path.join(here, 'manifest.jsonl');
  const own = await readFile(manifest, 'utf8');
  await writeFile(manifest, own.replace(/"fingerprint":"\w+"/, '"fingerprint":"of another prompt"'));
  await writeFile(path.join(here, 'one.mp4'), 'of another prompt');
  const anothers = await house.dailies(...words);
  expect(anothers.code, 'the same id stands for another prompt, of another ledger').toBe(1);
  expect(anothers.stdout).toMatch(/0 files fetched, 2 whole already.*\nnot fetched: one\.mp4 of one: .*another prompt of that id/);
  expect(await readFile(path.join(here, 'one.mp4'), 'utf8')).toBe('of another prompt');
  expect(await readFile(manifest, 'utf8')).toContain('"fingerprint":"of another prompt"');
  await writeFile(manifest, own);

  await rm(path.join(house.folder, 'out'), { recursive: true });
  await rm(path.join(here, 'one.mp4'));
  const gone = await house.dailies(...words, '--json');
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.stdout)).toMatchObject({ counts: { whole: 2, absent: 1 }, missing: [{ id: 'one', file: 'one.mp4' }] });
  expect(house.simulator.counts().accepted).toBe(2);
});

test('files are brought from the HTTP API of another machine, with its key, and every wrong way says what is wrong', async () => {
  const house = await finished();
  const made = await house.dailies('keys', 'create', 'reader', '--scope', 'read');
  const [key = '', line = ''] = made.stdout.trim().split('\n');
  const running = house.start(['start'], { settings: { PORT: '0', API_KEYS: line.replace(/^API_KEYS=/, '') } });
  await running.says('Ctrl-C stops it cleanly');
  const url = /HTTP API +(http\S+)\/docs/.exec(running.said())?.[1] ?? '';
  const elsewhere = { REDIS_URL: 'redis://127.0.0.1:1', DAILIES_URL: url };

  const brought = await house.start(['results', 'boats', '--download', 'there'], { settings: { ...elsewhere, DAILIES_KEY: key } }).ended;
  expect(brought, brought.stderr).toMatchObject({ code: 0 });
  expect(brought.stdout).toContain('3 files fetched');
  for (const name of ['one.mp4', 'two.mp4']) {
    expect((await readFile(path.join(house.folder, 'there', name))).equals(await readFile(path.join(house.folder, 'out', 'boats', name)))).toBe(true);
  }
  const keyless = await house.start(['results', 'boats', '--download', 'x'], { settings: elsewhere }).ended;
  expect(keyless).toMatchObject({ code: 2, stderr: expect.stringContaining('DAILIES_KEY') as string });
  const unknown = await house.start(['results', 'nothing', '--download', 'x'], { settings: { ...elsewhere, DAILIES_KEY: key } }).ended;
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('neither a batch nor a generation') as string });
  const notOne = await house.start(['results', 'id:boats', '--download', 'x'], { settings: { ...elsewhere, DAILIES_KEY: key } }).ended;
  expect(notOne, 'boats is a batch').toMatchObject({ code: 2, stderr: expect.stringContaining('has no generation "boats"') as string });
  const closed = await house.dailies('results', 'boats', '--download', 'x', '--from', 'http://127.0.0.1:1');
  expect(closed).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be reached') as string });
  const withoutDownload = await house.dailies('results', 'boats', '--from', 'http://127.0.0.1:1');
  expect(withoutDownload).toMatchObject({ code: 2, stderr: expect.stringContaining('--from goes with --download') as string });
  running.kill('SIGINT');
  await running.ended;
});

/** Two that a service has finished, into its own OUT_DIR; one of them with a picture beside its video. */
async function finished(): Promise<House> {
  const house = await openHouse();
  await house.write('prompts.jsonl', '{"id":"one","provider":"kling","prompt":"paper boats"}\n{"id":"two","provider":"luma","prompt":"an old lighthouse"}\n');
  expect((await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'boats')).code).toBe(0);
  const worker = await house.worker();
  await house.until('boats', (all) => all.every(({ state }) => state === 'succeeded'));
  worker.kill('SIGTERM');
  await worker.ended;
  return house;
}
