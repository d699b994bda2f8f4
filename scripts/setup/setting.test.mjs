import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settingOf } from './setting.mjs';

test('a variable is read from .env where the environment does not have it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dailies-setting-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, '.env');
  await writeFile(file, '# Redis\nOF_NOBODY_ELSE=redis://other:6379   # ours\nPATH=nowhere\nSHARDS=\n');
  expect(settingOf('IN_NEITHER', file)).toBeUndefined();
  expect(settingOf('SHARDS', file)).toBeUndefined();
  expect(settingOf('PATH', file)).toBe(process.env.PATH);
  expect(settingOf('OF_NOBODY_ELSE', file)).toBe('redis://other:6379');
  expect(settingOf('OF_NOBODY_ELSE', join(folder, 'missing'))).toBeUndefined();
});
