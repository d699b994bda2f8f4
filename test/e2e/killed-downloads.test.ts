/** A run that is killed in the middle of its downloads, and the same command again: what is there is kept, what is not is fetched, each once. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PublicGeneration } from '@dailies/queue';
import { startAssetHost } from '../../apps/worker/src/download/testing/asset-host.ts';
import { type GeneratedMp4, generatedMp4, serveGenerated } from '../../apps/worker/src/download/testing/generated-mp4.ts';
import { openHouse } from './house.ts';
import { jsonLines, saidJson } from './said.ts';

const COUNT = 50;
const FILE_BYTES = 2 * 1024 ** 2;
/** Whole files that the host has sent before the kill; as many as it sends at once are half sent then. */
const BEFORE_THE_KILL = 12;

test('a run killed in the middle of fifty downloads ends by the same command with every file whole, and none is fetched that was there', { timeout: 120_000 }, async () => {
  const host = await startAssetHost();
  onTestFinished(() => host.close());
  let everyMs: number | undefined = 10;
  let whole = 0;
  const sent = new Promise<void>((resolve) => {
    host.answer = async (request, response) => {
      await serveGenerated(request, response, fileAt(pathOf(request.url)), everyMs === undefined ? {} : { everyMs });
      whole += 1;
      if (whole === BEFORE_THE_KILL) resolve();
    };
  });
  const house = await openHouse({ assetOrigin: host.origin, durations: { kling: 0 } }, { KLING_MAX_IN_FLIGHT: String(COUNT) });
  const prompts = Array.from({ length: COUNT }, (_, at) => `a little dog runs on the grass, take ${at}`);
  await house.write('prompts.txt', prompts.join('\n'));
  const words = ['run', 'prompts.txt', '--provider', 'kling', '--batch', 'dogs', '--out', 'videos', '--json'];
  const folder = path.join(house.folder, 'videos');

  const killed = house.start(words);
  await sent;
  // On a busy machine much of what was sent is still on its way.
  await expect.poll(async () => (await readdir(folder)).some((name) => name.endsWith('.mp4'))).toBe(true);
  killed.kill('SIGKILL');
  await killed.ended;
  const names = await readdir(folder);
  const finished = names.filter((name) => name.endsWith('.mp4'));
  expect(finished.length).toBeGreaterThan(0);
  expect(finished.length).toBeLessThan(COUNT);
  expect(names.filter((name) => name.endsWith('.part')).length).toBeGreaterThan(0);
  const standing = await Promise.all(finished.map(async (name) => pathIn(await readFile(path.join(folder, name)))));

  everyMs = undefined;
  const before = host.requests.length;
  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(0);
  const { generations, summary } = saidJson(again.stdout);
  expect(summary).toMatchObject({ total: COUNT, counts: { succeeded: COUNT } });
  const asked = host.requests.slice(before).map(({ url }) => pathOf(url));
  expect(asked.filter((one) => standing.includes(one)), 'fetched although it was there').toEqual([]);
  expect(new Set(asked).size, 'fetched twice').toBe(asked.length);
  expect(asked).toHaveLength(COUNT - finished.length);

  const left = (await readdir(folder)).filter((name) => /\.(mp4|part|probe)$/.test(name));
  expect(left.toSorted()).toEqual(generations.map(({ id }) => `${id}.mp4`).toSorted());
  const contents = await Promise.all(left.map((name) => readFile(path.join(folder, name))));
  expect(new Set(contents.map(pathIn)).size).toBe(COUNT);
  for (const bytes of contents) expect(createHash('sha256').update(bytes).digest('hex')).toBe(fileAt(pathIn(bytes)).sha256());

  const rows = jsonLines(await readFile(path.join(folder, 'manifest.jsonl'), 'utf8')) as PublicGeneration[];
  expect(rows.map(({ prompt }) => prompt)).toEqual(prompts);
  for (const { id, state, videos } of rows) {
    const bytes = contents[left.indexOf(`${id}.mp4`)] ?? Buffer.alloc(0);
    expect([state, videos[0]?.file, videos[0]?.bytes, videos[0]?.sha256]).toEqual(['succeeded', `${id}.mp4`, FILE_BYTES, fileAt(pathIn(bytes)).sha256()]);
  }
  expect(house.simulator.counts()).toMatchObject({ accepted: COUNT, refused: 0 });
});

/** Every link has a file of its own, which names the link. */
function fileAt(pathname: string): GeneratedMp4 {
  return generatedMp4(FILE_BYTES, `<${pathname}>`);
}

function pathIn(bytes: Buffer): string {
  return /<(\/kling\/[^>]+)>/.exec(bytes.toString('latin1', 0, 2_000))?.[1] ?? '';
}

function pathOf(url = ''): string {
  return url.split('?', 1)[0] ?? '';
}
