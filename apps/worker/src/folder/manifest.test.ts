import { appendFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openResults } from '@dailies/results';
import { readManifest, type UnreadLine, writeManifest, writeManifestCsv } from './manifest.ts';
import { type ManifestRow, withThePast } from './manifest-row.ts';

const RESULTS = openResults({ outFolder: tmpdir(), s3: null });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-manifest-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = () => readFile(join(folder, 'manifest.jsonl'), 'utf8');

function row(id: string, more: Partial<ManifestRow> = {}): ManifestRow {
  return { id, state: 'succeeded', provider: 'pika', prompt: 'A quiet harbour', params: {}, videos: [], history: [], ...more };
}

it('gives back what was written, in the order it was given', async () => {
  const rows = [
    row('g2', { videos: [{ url: 'https://cdn.test/a.mp4', file: 'g2.mp4', sha256: 'ab', bytes: 3, durationSeconds: 5, width: 2, height: 1 }] }),
    row('g1', { state: 'failed', failure: { kind: 'moderated', message: 'No.' }, metadata: { scene: 4 }, task: { id: '9007199254740993' } }),
  ];
  await writeManifest(folder, rows);
  expect(await readManifest(RESULTS, folder)).toEqual(rows);
  expect(await readdir(folder)).toEqual(['manifest.jsonl']);
});

it('holds one line for each row, whatever a prompt contains', async () => {
  const prompt = '</script><img src=x onerror=alert(1)>\n\r\u2028\u2029\u0085 "quoted" \u0000';
  await writeManifest(folder, [row('g1', { prompt }), row('g2')]);
  expect((await text()).split(/[\n\r\u2028\u2029\u0085]/)).toHaveLength(3);
  expect((await readManifest(RESULTS, folder))[0]?.prompt).toBe(prompt);
});

it('never holds the query of a link', async () => {
  await writeManifest(folder, [row('g1', { videos: [{ url: 'https://cdn.test/a.mp4?sig=secret', thumbnailUrl: 'https://cdn.test/a.jpg?sig=secret' }] })]);
  expect(await text()).not.toContain('secret');
  expect((await readManifest(RESULTS, folder))[0]?.videos).toEqual([{ url: 'https://cdn.test/a.mp4', thumbnailUrl: 'https://cdn.test/a.jpg' }]);
});

it('passes over a cut last line and lines of strangers', async () => {
  await writeManifest(folder, [row('g1'), row('g2')]);
  const out = JSON.stringify(row('g3', { videos: ['../../etc/passwd', '/etc/passwd', '\\\\host\\passwd', 'C:passwd'].map((file) => ({ file })) }));
  await appendFile(join(folder, 'manifest.jsonl'), `\n[]\nnull\nhello\n{"id":"x"}\n${out}\n${JSON.stringify(row('g4')).slice(0, -9)}`);
  expect((await readManifest(RESULTS, folder)).map(({ id, videos }) => [id, videos])).toEqual([['g1', []], ['g2', []], ['g3', []]]);
});

it('leaves out of a row what somebody edited into something else, and says so once', async () => {
  await writeManifest(folder, [row('g1'), row('g2')]);
  const edited = { ...row('g3'), task: { id: 867283741759111 }, prompt: 7, videos: [{ url: 5 }, { file: 'g3.mp4' }], history: [null], image: 3, cancelRequested: 'yes', constructor: 1 };
  // Its number is another task's, once it is read; and what each row has somebody took out.
  const bare = '{"id":"g5","state":"succeeded","provider":"pika","task":{"id":9007199254740993}}';
  const dropped = { ...row('g4'), state: 'done' };
  await appendFile(join(folder, 'manifest.jsonl'), `\n${JSON.stringify(edited)}\n${bare}\n${JSON.stringify(dropped)}\n{"id":`);
  const said: string[] = [];
  const warn = (text: string) => void said.push(text);
  const rows = await readManifest(RESULTS, folder, warn);
  expect(JSON.stringify(rows.slice(0, 2)), 'what is right stays, in its order').toBe(JSON.stringify([row('g1'), row('g2')]));
  const common = { state: 'succeeded', provider: 'pika', params: {}, history: [] };
  const left = [{ id: 'g3', ...common, task: { id: '867283741759111' }, videos: [{ file: 'g3.mp4' }], constructor: 1 }, { id: 'g5', ...common, videos: [] }];
  expect(rows.slice(2)).toEqual(left);
  await writeManifest(folder, rows);
  await writeManifestCsv(folder, rows);
  expect(await readManifest(RESULTS, folder, warn)).toEqual(rows);
  expect(said).toEqual([expect.stringContaining('line 4: prompt, image, cancelRequested, videos, history; line 5: task, videos, history; line 6: state (no row); line 7: the whole line (no row).')]);
});

it('keeps every line that is no row as it is, behind the rows, until there is a row of its id', async () => {
  const lines = ['{"id": "g9",  "state":"upscaling", "provider":"kling"}', '{"id":"g8","state":7,"provider":"kling"}', 'hello', '{ "id": "g7", "sta'];
  await writeManifest(folder, [row('g1')]);
  await appendFile(join(folder, 'manifest.jsonl'), lines.join('\n'));
  let unread: UnreadLine[] = [];
  const rows = await readManifest(RESULTS, folder, (_text, none) => (unread = none));
  expect(unread.map(({ id }) => id)).toEqual(['g9', 'g8', undefined, 'g7']);
  await writeManifest(folder, [...rows, row('g8')], unread);
  expect((await text()).split('\n').slice(2)).toEqual([lines[0], lines[2], lines[3], '']);
});

it('is empty where there is none, and a file of no lines where there are no rows', async () => {
  expect(await readManifest(RESULTS, folder)).toEqual([]);
  await writeManifest(folder, []);
  expect(await text()).toBe('');
});

it('keeps the old manifest when the new one cannot be finished', async () => {
  await writeManifest(folder, [row('g1')]);
  function* cut(): Generator<ManifestRow> {
    yield row('g2');
    throw new Error('the ledger went away');
  }
  await expect(writeManifest(folder, cut())).rejects.toThrow('the ledger went away');
  expect((await readManifest(RESULTS, folder)).map(({ id }) => id)).toEqual(['g1']);
  expect(await readdir(folder)).toEqual(['manifest.jsonl']);
});

it('sweeps away what a killed process left, and not what another is writing', async () => {
  const old = join(folder, '.manifest.jsonl.killed.tmp');
  await writeFile(old, 'half');
  await utimes(old, 0, 0);
  await writeFile(join(folder, '.manifest.jsonl.busy.tmp'), 'half');
  await writeManifest(folder, []);
  expect((await readdir(folder)).toSorted()).toEqual(['.manifest.jsonl.busy.tmp', 'manifest.jsonl']);
});

it('keeps of a stub what its row still tells, webhook and doubt too', () => {
  const history = [{ at: '2026-11-20T12:00:00.000Z', state: 'queued' }];
  const told = { params: { seed: 7 }, metadata: { take: 1 }, webhook: 'https://hooks.example/', ambiguity: { sentAt: '2026-11-20T12:00:00.000Z', why: 'cut' }, round: 1, history };
  const old = row('g1', { model: 'pika-1', ...told });
  const stub = row('g1', { model: null, metadata: null, round: 1, history: [] });
  expect(withThePast(stub, old)).toEqual(old);
  expect(withThePast({ ...stub, round: 2 }, old)).not.toHaveProperty('ambiguity');
});
