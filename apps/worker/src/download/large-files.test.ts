/** Files as large as they get, from hosts as bad as they get, through the worker's own download. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AssetError } from './asset-error.ts';
import { fetchAsset, type DownloadRules, type FetchedFile } from './fetch-asset.ts';
import { startAssetHost, type AssetHost } from './testing/asset-host.ts';
import { generatedMp4, serveGenerated } from './testing/generated-mp4.ts';
import { openFolderStore } from '@dailies/results';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
/** What may be in flight in a server and a client of one process; the files are many times as large. */
const FLAT_BYTES = 160 * MiB;

let host: AssetHost;
let folder: string;

beforeEach(async () => {
  host = await startAssetHost();
  folder = await mkdtemp(join(tmpdir(), 'dailies-large-'));
});

afterEach(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

function fetched(rules: Partial<DownloadRules> = {}): Promise<FetchedFile> {
  return fetchAsset({ url: `${host.origin}/video.mp4?signature=secret` }, { folder, name: 'g1.mp4', nextName: async () => 'g1.0.mp4', token: 't1' }, { allowPrivateAddresses: true, expect: 'video', pauseMs: 1, ...rules });
}

/** What it comes to, and by how much the memory of the process grew at the most. */
async function growth<T>(work: Promise<T>): Promise<{ outcome: T; grown: number }> {
  const before = process.memoryUsage().rss;
  let most = before;
  const look = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  try {
    return { outcome: await work, grown: most - before };
  } finally {
    clearInterval(look);
  }
}

it('brings a file across that is cut at every tenth megabyte, each byte once', async () => {
  const file = generatedMp4(105 * MiB);
  host.answer = (request, response) => void serveGenerated(request, response, file, { cutEvery: 10 * MiB });
  expect(await fetched()).toMatchObject({ sha256: file.sha256(), bytes: file.length, durationSeconds: 5 });
  expect(await openFolderStore(folder).standing(folder, 'g1.mp4')).toMatchObject({ sha256: file.sha256() });
  // A reset may take the last bytes before a cut with it: whoever resumes goes on where its own bytes end, never earlier and never later.
  const starts = host.requests.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0));
  expect(starts[0]).toBe(0);
  for (const [at, start] of starts.slice(1).entries()) {
    expect(start).toBeGreaterThan(starts[at] ?? 0);
    expect(start).toBeLessThanOrEqual((starts[at] ?? 0) + 10 * MiB);
  }
  expect(starts.length).toBeGreaterThanOrEqual(11);
  expect(await readdir(folder)).toEqual(['g1.mp4']);
});

it('keeps its memory flat under a whole gigabyte', async () => {
  const file = generatedMp4(GiB);
  host.answer = (request, response) => void serveGenerated(request, response, file);
  const { outcome, grown } = await growth(fetched());
  expect(outcome).toMatchObject({ sha256: file.sha256(), bytes: file.length });
  expect((await stat(join(folder, 'g1.mp4'))).size).toBe(file.length);
  expect(grown).toBeLessThan(FLAT_BYTES);
});

it('refuses three gigabytes by their stated length, before it has taken any', async () => {
  const file = generatedMp4(3 * GiB);
  host.answer = (request, response) => void serveGenerated(request, response, file);
  await expect(fetched()).rejects.toMatchObject({ cause: 'too-large', message: expect.stringMatching(/larger than 2147483648 bytes/) as unknown });
  expect(host.requests).toHaveLength(1);
  expect(await readdir(folder)).toEqual([]);
});

it('refuses three gigabytes of which nothing was said at the cap, with flat memory and nothing left', async () => {
  const file = generatedMp4(3 * GiB);
  host.answer = (request, response) => void serveGenerated(request, response, file, { statedLength: null });
  const { outcome, grown } = await growth(fetched({ maxBytes: 300 * MiB }).then(() => 'taken', (error: unknown) => error));
  expect(outcome).toMatchObject({ cause: 'too-large' });
  expect(grown).toBeLessThan(FLAT_BYTES);
  expect(await readdir(folder)).toEqual([]);
});

it('takes no file for whole of which the host says too little or too much', async () => {
  const file = generatedMp4(2 * MiB);
  host.answer = (request, response) => {
    if (request.headers.range !== undefined) return void response.writeHead(416).end();
    return void serveGenerated(request, response, file, { statedLength: file.length - 1_000 });
  };
  await expect(fetched()).rejects.toMatchObject({ cause: 'not-a-video', message: expect.stringContaining('1000 bytes after the file does') as unknown });
  host.answer = (request, response) => {
    if (request.headers.range !== undefined) return void response.writeHead(416).end();
    return void serveGenerated(request, response, file, { statedLength: file.length + 1_000 }).then(() => response.destroy());
  };
  await expect(fetched()).rejects.toMatchObject({ cause: 'interrupted' });
  expect(await readdir(folder)).toEqual([]);
});

it('stops in the middle when the room on the disk is gone, and leaves that room to others', async () => {
  const file = generatedMp4(200 * MiB);
  host.answer = (request, response) => void serveGenerated(request, response, file);
  const asked: number[] = [];
  const room = (bytesToCome: number): Promise<void> => {
    asked.push(bytesToCome);
    return asked.length < 3 ? Promise.resolve() : Promise.reject(new AssetError('disk', 'no room'));
  };
  await expect(fetched({ room })).rejects.toMatchObject({ cause: 'disk' });
  expect(asked).toHaveLength(3);
  expect(asked[0]).toBe(file.length);
  expect(asked[2]).toBeLessThanOrEqual(file.length - 32 * MiB);
  expect(await readdir(folder)).toEqual([]);
});
