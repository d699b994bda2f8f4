import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeContactSheet } from './contact-sheet.ts';
import type { ManifestRow } from './manifest-row.ts';

const HOSTILE = '</script><img src=x onerror=alert(1)><!-- <script>\u2028&amp;';
const ROW: ManifestRow = { id: 'g1', state: 'succeeded', provider: 'pika', prompt: HOSTILE, params: {}, videos: [], history: [] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-sheet-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const page = () => readFile(join(folder, 'index.html'), 'utf8');

it('carries its rows as data that cannot become markup', async () => {
  await writeContactSheet(folder, { title: HOSTILE, rows: [ROW, { ...ROW, id: 'g2', failure: { kind: HOSTILE, message: HOSTILE } }] });
  const html = await page();
  expect(html).not.toContain('<img');
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '') as { rows: ManifestRow[] };
  expect(data.rows.map(({ id, prompt }) => [id, prompt])).toEqual([['g1', HOSTILE], ['g2', HOSTILE]]);
});

it('allows exactly its own script and style, and names no other place', async () => {
  await writeContactSheet(folder, { title: 'harbour', rows: [ROW] });
  const html = await page();
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
  for (const part of [/<script>(.*?)<\/script>/s, /<style>(.*?)<\/style>/s]) {
    const content = part.exec(html)?.[1] ?? '';
    expect(content.length).toBeGreaterThan(1000);
    expect(policy).toContain(`'sha256-${createHash('sha256').update(content).digest('base64')}'`);
  }
  expect(policy).toMatch(/^default-src 'none'/);
  expect(policy).not.toContain('unsafe');
  expect(html).not.toMatch(/https?:\/\//);
});

it('never holds the query of a link', async () => {
  await writeContactSheet(folder, { title: 'harbour', rows: [{ ...ROW, image: 'https://a.test/i.png?sig=secret', videos: [{ url: 'https://a.test/v.mp4?sig=secret' }] }] });
  expect(await page()).not.toContain('secret');
});

it('says that it is simulated when it is, and only then', async () => {
  await writeContactSheet(folder, { title: 'harbour', rows: [ROW], simulated: true });
  expect(await page()).toContain('<strong>Simulated.</strong>');
  await writeContactSheet(folder, { title: 'harbour', rows: [ROW] });
  expect(await page()).not.toContain('<strong>Simulated.</strong>');
  expect(await readdir(folder)).toEqual(['index.html']);
});
