import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findClone } from './places.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'dailies-clone-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the clone is found from deep within, past the packages of its workspaces', () => {
  const deep = path.join(folder, 'apps', 'producer', 'dist');
  mkdirSync(deep, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"name":"dailies","version":"1.2.3"}');
  writeFileSync(path.join(folder, 'apps', 'producer', 'package.json'), '{"name":"@dailies/producer"}');
  expect(findClone(deep)).toEqual({ root: folder, version: '1.2.3' });
});

test('outside of a clone it says so', () => {
  expect(() => findClone(folder)).toThrow('not part of a clone');
});
