import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePath } from './make-path.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'dailies-make-path-'));
  await writeFile(path.join(parent, 'file'), '');
  await symlink(path.join(parent, 'unplugged'), path.join(parent, 'link'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

test('a path is made with all that leads to it, by several at once', async () => {
  const folder = path.join(parent, 'a', 'b', 'c');
  await Promise.all([makePath(folder), makePath(folder), makePath(path.dirname(folder))]);
  await makePath(`${folder}/`);
  await makePath('/');
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test('the mode is that of every step', async () => {
  await makePath(path.join(parent, 'private', 'deep'), 0o700);
  expect((await stat(path.join(parent, 'private'))).mode & 0o777).toBe(0o700);
});

test.each([
  ['file', { code: 'EEXIST' }],
  ['file/a', { code: 'ENOTDIR' }],
  ['link', { code: 'ENOENT', syscall: 'stat' }],
  ['link/a/b', { code: 'ENOENT', syscall: 'stat' }],
])('%s is refused with what stands in its way', async (name, fault) => {
  await expect(makePath(path.join(parent, name))).rejects.toMatchObject(fault);
});

// In a process of its own: what loops inside of one system call cannot be stopped from within.
test.runIf(process.platform === 'linux')('a folder that answers ENOENT to a new one in it is an error, not a loop', async () => {
  const script = `import { makePath } from ${JSON.stringify(path.join(import.meta.dirname, 'make-path.ts'))};
    await makePath('/proc/dailies/videos').catch((error) => console.log(error.code, error.syscall));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], { timeout: 90_000, killSignal: 'SIGKILL' });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child, 'close');
  expect(said).toBe('ENOENT mkdir\n');
});
