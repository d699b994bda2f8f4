import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { portFile, readPorts, recordPorts } from './drawn-ports.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dailies-ports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the first draw is kept, a second one is refused', async () => {
  expect(await readPorts(folder)).toBeNull();
  expect(await recordPorts(folder, { api: 4000, assets: 4001 })).toBe(true);
  expect(await recordPorts(folder, { api: 5000, assets: 5001 })).toBe(false);
  expect(await readPorts(folder)).toEqual({ api: 4000, assets: 4001 });
});

test('a file that a crash left empty is drawn anew', async () => {
  await writeFile(portFile(folder), '');
  expect(await recordPorts(folder, { api: 4000, assets: 4001 })).toBe(true);
  expect(await readPorts(folder)).toEqual({ api: 4000, assets: 4001 });
});
