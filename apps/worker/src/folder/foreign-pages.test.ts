import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderStore } from '@dailies/results';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeContactSheet } from './contact-sheet.ts';
import { foreignPages } from './foreign-pages.ts';
import type { ManifestRow } from './manifest-row.ts';
import { writeManifest, writeManifestCsv } from './manifest.ts';

const ROW: ManifestRow = { id: 'g1', state: 'succeeded', provider: 'pika', prompt: 'A quiet harbour', params: {}, videos: [], history: [] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-foreign-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const foreign = () => foreignPages({ at: openFolderStore }, folder);
const put = (name: string, text: string) => writeFile(join(folder, name), text);

it('takes what is written today for ours, with rows and without', async () => {
  for (const rows of [[], [ROW]]) {
    await writeManifest(folder, rows);
    await writeManifestCsv(folder, rows);
    await writeContactSheet(folder, { title: 'films', rows });
    expect(await foreign()).toEqual([]);
  }
});

it('takes for ours what the first version wrote', async () => {
  await put('index.html', '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="generator" content="Dailies">\n');
  await put('manifest.jsonl', '{"id":"g1","provider":"pika","state":"succeeded","params":{},"videos":[],"history":[]}\n');
  await put('manifest.csv', 'id,state,provider,model,prompt,image,params\r\n');
  expect(await foreign()).toEqual([]);
});

it('takes for ours what a newer version, a cut, a spreadsheet and an editor have made of it', async () => {
  await put('manifest.csv', '\uFEFF"id";"state";"provider";"model"\r\n');
  for (const lines of ['{"id":"g1","state":"archived","provider":"sora"}\n', '{"id":"g1","state":"succeeded","provider":"pi', `my notes\n${JSON.stringify(ROW)}\n`, '\n']) {
    await put('manifest.jsonl', lines);
    expect(await foreign(), lines).toEqual([]);
  }
});

it("names a person's own, of any kind, and what is in the way", async () => {
  expect(await foreign()).toEqual([]);
  expect(await foreignPages({ at: openFolderStore }, join(folder, 'none'))).toEqual([]);
  await mkdir(join(folder, 'index.html'));
  await put('manifest.jsonl', '{"file":"cat.jpg"}\n{"id":7}\nnull\n"text"\n');
  await put('manifest.csv', 'id,file\n1,cat.jpg\n');
  expect(await foreign()).toEqual(['index.html', 'manifest.jsonl', 'manifest.csv']);
  await rm(join(folder, 'index.html'), { recursive: true });
  await put('index.html', await readFile(new URL('foreign-pages.ts', import.meta.url), 'utf8'));
  expect(await foreign()).toContain('index.html');
});
