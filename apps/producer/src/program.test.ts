/** What the command line says of itself, and how it refuses what is mistyped. */
import os from 'node:os';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../test/support/command-line.ts';
import { openTestLedger } from '../../../test/support/ledger.ts';
import type { Context } from './context.ts';
import { createProgram } from './program.ts';

function leavesOf(commands: readonly Command[], before: readonly string[] = []): string[][] {
  return commands.flatMap((one) => {
    const words = [...before, one.name()];
    return one.commands.length === 0 ? [words] : leavesOf(one.commands, words);
  });
}

const PROGRAM = createProgram({ version: '0', terminal: {} } as Context, () => undefined);
const ask = (...words: string[]) => dailies({}, os.tmpdir(), words);

test.each(leavesOf(PROGRAM.commands).map((words) => [words.join(' ')]))('the help of %s has an example and the exit codes', async (words) => {
  const { code, stdout } = await ask(...words.split(' '), '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^For example:\\n  dailies ${words}`, 'm'));
  expect(stdout).toContain('\nExit codes: 0');
});

test.each([
  [['status', '--jsno'], "unknown option '--jsno'\n(Did you mean --json?)"],
  [['help', 'runn'], "unknown command 'runn'\n(Did you mean run?)"],
  [['help', 'keys', 'creat'], "unknown command 'creat'\n(Did you mean create?)"],
  [['run'], "missing required argument 'file'"],
  [['run', 'p.txt', '--provider', 'kling', '--provider', 'luma'], 'It is given twice, "kling" before.'],
  [['run', 'p.txt', '--out', 'a', '--out', 'b'], 'It is given twice, "a" before.'],
  [['run', 'p.txt', '--out', 's3://films/out'], 'It is an address, not a folder. A bucket is named by S3_BUCKET.'],
  [['run', 'p.txt', '--out', '--simulate'], "option '--out <folder>' argument '--simulate' is invalid. It is an option, so the value is missing."],
  [['resolve', 'g1', '--task', '--abandon'], 'It is an option, so the value is missing.'],
  [['resolve', 'g1', '--task', 'one', '--task', 'two'], 'It is given twice, "one" before.'],
  [['users', 'create', 'anna', '--role', 'viewer', '--role', 'admin'], 'It is given twice, "viewer" before.'],
  [['users', 'create', 'anna', '--role', 'boss'], 'Allowed choices are viewer, operator, admin.'],
  [['results', 'b', '--format', 'csv', '--format', 'jsonl'], 'It is given twice, "csv" before.'],
  [['results', 'b', '--download', '--from', ''], 'It is no address.'],
  [['results', 'b', '--download', '--from', 'render-1:3000'], 'It is no address.'],
  [['audit', '--limit', '1e3'], 'It is a whole number from 1 to 999999.'],
  [['audit', '--limit', '5', '--limit', '500'], 'It is given twice, "5" before.'],
])('%j is refused with where to read what it takes', async (words, why) => {
  const { code, stderr } = await ask(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
  expect(stderr).toContain('`dailies COMMAND --help`');
});

test.each([
  [['help'], 'Usage: dailies [options]'],
  [['help', 'run'], 'Usage: dailies run '],
  [['help', 'keys', 'create'], 'Usage: dailies keys create '],
])('%j shows that help', async (words, usage) => {
  expect(await ask(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining(usage) as unknown });
});

test.each([
  [['results', 'b', '--json', '--format', 'csv'], '--format csv'],
  [['results', 'b', '--download', '--format', 'csv'], 'dailies results b --format csv\n'],
  [['results', 'b', '--download', '--format', 'csv', '--simulate'], 'dailies results b --format csv --simulate\n'],
  [['enqueue', 'my prompts.txt', '--batch', 'b', '--wait', '--simulate'], 'add --watch to the same command'],
  [['results', 'b', '--simulate', '--from', 'http://render-1:3000'], 'dailies results b --download --from http://render-1:3000 --simulate\n'],
  [['run', ''], 'The name of the prompt file is empty.'],
])('%j is refused in words', async (words, why) => {
  const { code, stderr } = await ask(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
});

test('an empty name is named as it is, and an empty reason is none', async () => {
  const { redisUrl, tag } = openTestLedger();
  const environment = environmentOf({ redisUrl, tag });
  expect((await dailies(environment, os.tmpdir(), ['watch', ''])).stderr).toContain('There is no batch "".');
  await dailies(environment, os.tmpdir(), ['pause', 'kling', '--reason', '']);
  expect((await dailies(environment, os.tmpdir(), ['status'])).stdout).toMatch(/kling is paused since \S+: paused by a person\. /);
});
