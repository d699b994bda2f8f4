import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { batchIds, batchNames, pause } from '@dailies/queue';
import { expect, onTestFinished, test } from 'vitest';
import { dailies, environmentOf, type Said } from '../../../../test/support/command-line.ts';
import { openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';

interface Line {
  prompt: string;
  id?: string;
  provider?: string;
  priority?: number;
  metadata?: Record<string, unknown>;
  webhook?: string;
}

interface Stage {
  ledger: TestLedger;
  environment: Record<string, string>;
  folder: string;
  /** `file`, the lines as JSONL. */
  say: (lines: readonly Line[], ...words: string[]) => Promise<Said>;
}

async function openStage(): Promise<Stage> {
  const ledger = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-enqueue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const environment = {
    ...environmentOf(ledger),
    ACEDATA_API_KEY: 'k',
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
    OUT_DIR: folder,
    DAILIES_DIR: folder,
  };
  const file = path.join(folder, 'lines.jsonl');
  return {
    ledger,
    environment,
    folder,
    async say(lines, ...words) {
      await writeFile(file, lines.map((line) => JSON.stringify({ provider: 'luma', ...line })).join('\n'));
      const [command = '', ...rest] = words;
      return dailies(environment, folder, [command, file, '--batch', 'b', ...rest]);
    },
  };
}

const shot = (at: number, more: Partial<Line> = {}): Line => ({ id: `shot-${at}`, prompt: `a fox, take ${at}`, ...more });
const shots = (count: number): Line[] => Array.from({ length: count }, (_, at) => shot(at));

test('lines whose ids stand for other requests are all named, and left out by --skip-invalid, wherever they are in a large file', async () => {
  const { ledger, say } = await openStage();
  const lines = shots(300);
  await say([10, 290].map((at) => shot(at, { prompt: 'as it was before' })), 'enqueue');

  const refused = await say(lines, 'enqueue');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/line 11: id: "shot-10" stands for another request[^]*line 291: id: "shot-290"/);
  expect(await batchIds(ledger.store, 'b')).toHaveLength(2);

  const taken = await say(lines, 'enqueue', '--skip-invalid', '--json');
  expect(taken.code, taken.stderr).toBe(0);
  expect(JSON.parse(taken.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ created: 298, skipped: 2 });
  expect(await batchIds(ledger.store, 'b')).toHaveLength(300);
  expect((await ledger.generation('shot-10')).held, 'its line is left out, not gone').toBeUndefined();
});

test('a dry run refuses the ids that the run would refuse', async () => {
  const { say } = await openStage();
  await say(shots(2), 'enqueue');
  const changed = [shot(0, { prompt: 'another fox' }), shot(1), shot(2)];

  const dry = await say(changed, 'run', '--dry-run');
  expect(dry.code).toBe(2);
  expect(dry.stderr).toContain('line 1: id: "shot-0" stands for another request');
  const rest = await say(changed, 'run', '--dry-run', '--skip-invalid', '--json');
  expect(JSON.parse(rest.stdout)).toMatchObject({ total: 2, skipped: 1, providers: [{ provider: 'luma', submit: 2 }] });
  expect(rest.stderr).not.toContain('To submit');
});

test('a dry run shows the first prompts that would be submitted, and the last', async () => {
  const { say } = await openStage();
  const dry = await say([shot(0, { prompt: `Sure!\n${'x'.repeat(100)}` }), ...shots(6).slice(1)], 'run', '--dry-run');
  const shown = `To submit:\n  line 1: Sure! ${'x'.repeat(62)}…\n  line 2: a fox, take 1\n  line 3: a fox, take 2\n  … 2 more\n  line 6: a fox, take 5\nBatch b`;
  expect(dry.stderr).toContain(shown);
  expect((await say(shots(2), 'run', '--dry-run')).stderr).toMatch(/^To submit:\n {2}line 1: a fox, take 0\n {2}line 2: a fox, take 1\nBatch b/m);
});

test('a dry run names the keys that a real run would need', async () => {
  const { say } = await openStage();
  const dry = await say([shot(0, { provider: 'kling' })], 'run', '--dry-run');
  expect(dry.stderr).toContain('Warning: before a real run, set KLING_API_KEY and KLING_ENDPOINT_PATH.');
});

test('a dry run counts what the folder of a lost ledger has as the run would, and no simulated folder', async () => {
  const { folder, say } = await openStage();
  const row = {
    id: 'shot-0',
    provider: 'luma',
    prompt: 'a fox, take 0',
    state: 'failed',
    params: {},
    videos: [],
    history: [],
    failure: { kind: 'moderated', message: 'no', retryable: false },
  };
  const out = path.join(folder, 'videos');
  await mkdir(out);
  await writeFile(path.join(out, 'manifest.jsonl'), `${JSON.stringify(row)}\n`);
  const dry = async (lines: readonly Line[], ...words: string[]) => say(lines, 'run', '--dry-run', '--json', '--out', 'videos', ...words);

  expect(JSON.parse((await dry(shots(3))).stdout)).toMatchObject({ providers: [{ submit: 2, failedOrCanceled: 1 }] });
  expect((await dry([shot(0, { prompt: 'another fox' })])).code).toBe(2);
  await writeFile(path.join(out, '.simulated'), '');
  expect(JSON.parse((await dry(shots(3))).stdout)).toMatchObject({ providers: [{ submit: 3, failedOrCanceled: 0 }] });
});

test('--prune cancels nothing while lines are left out, since it may be theirs', async () => {
  const { ledger, say } = await openStage();
  await say(shots(3), 'enqueue');
  const faulty = await say([shot(0), shot(1, { priority: 9 })], 'enqueue', '--skip-invalid', '--prune');
  expect(faulty.code, faulty.stderr).toBe(0);
  expect(faulty.stderr).toContain('2 queued before, and not among the good lines of this file: held, not submitted.');
  expect(await Promise.all(['shot-1', 'shot-2'].map(async (id) => (await ledger.generation(id)).held))).toEqual(['dropped', 'dropped']);

  await say(shots(2), 'enqueue', '--prune');
  const [back, gone] = await Promise.all(['shot-1', 'shot-2'].map((id) => ledger.generation(id)));
  expect(back).toMatchObject({ state: 'queued' });
  expect(back?.held).toBeUndefined();
  expect(gone).toMatchObject({ state: 'canceled' });
});

test('a dry run says which of what is queued --prune would cancel, or would be held, and changes nothing', async () => {
  const { ledger, say } = await openStage();
  await say(shots(3), 'enqueue');

  const pruned = await say(shots(1), 'enqueue', '--prune', '--dry-run', '--json');
  expect(pruned.code, pruned.stderr).toBe(0);
  expect(pruned.stderr).toMatch(/--prune would cancel 2 queued generations that this file no longer has:\n  shot-1  a fox, take 1\n  shot-2  /);
  expect(JSON.parse(pruned.stdout)).toMatchObject({ total: 1, dropped: { canceled: 2, held: 0 } });
  const held = await say(shots(1), 'run', '--dry-run', '--json');
  expect(held.stderr).toMatch(/2 queued before, and no longer in this file: would be held, not submitted\.\n  shot-1/);
  expect(JSON.parse(held.stdout)).toMatchObject({ dropped: { canceled: 0, held: 2 } });
  const leftOut = await say([shot(0), shot(1, { priority: 9 })], 'run', '--dry-run', '--prune', '--skip-invalid', '--json');
  expect(leftOut.stderr).toContain('--prune cancels none, since the line that was left out may be theirs');
  expect(JSON.parse(leftOut.stdout)).toMatchObject({ dropped: { canceled: 0, held: 2 } });
  for (const id of ['shot-1', 'shot-2']) expect(await ledger.generation(id)).not.toHaveProperty('held');
});

test('a known line that says another priority, metadata or webhook now is told that it keeps what it was accepted with', async () => {
  const { ledger, say } = await openStage();
  const first = { metadata: { order: 1, of: 'ours' }, webhook: 'https://hooks.example/a' };
  await say([shot(0, first), shot(1, { priority: 2 }), shot(2)], 'enqueue');

  const same = await say([shot(0, { ...first, metadata: { of: 'ours', order: 1 } }), shot(1, { priority: 2 }), shot(2)], 'enqueue');
  expect(same.stderr).not.toContain('something else');
  const changed = await say([shot(0, { webhook: 'https://hooks.example/b' }), shot(1, { priority: 3 }), shot(2), shot(3)], 'enqueue');
  expect(changed.stderr).toContain('2 known lines say something else now (metadata, priority, webhook) than when they were accepted. They keep what they were accepted with.');
  expect(await ledger.generation('shot-0')).toMatchObject(first);
  expect(await ledger.generation('shot-1')).toMatchObject({ priority: 2 });
});

test('whatever tells of the generations of a batch as JSON ends with a summary', async () => {
  const { environment, folder, say } = await openStage();
  const told = async (words: string[], code: number): Promise<unknown[]> => {
    const said = await dailies(environment, folder, words);
    expect(said.code, said.stderr).toBe(code);
    return said.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  };
  await say(shots(2), 'enqueue');

  expect(await told(['results', 'b', '--json'], 0)).toMatchObject([{ id: 'shot-0' }, { id: 'shot-1' }, { type: 'summary', batch: 'b', total: 2, counts: { queued: 2 }, exitCode: 0 }]);
  expect(await told(['results', 'b', '--format', 'jsonl'], 0)).toHaveLength(2);
  expect(await told(['cancel', 'shot-0', '--json'], 0)).toMatchObject([{ id: 'shot-0', outcome: 'canceled' }]);
  expect(await told(['cancel', 'b', '--json'], 0)).toMatchObject([{ id: 'shot-1', outcome: 'canceled' }, { type: 'summary', batch: 'b', outcomes: { canceled: 1 }, exitCode: 0 }]);
  expect(await told(['retry', 'b', '--yes', '--json'], 0)).toMatchObject([{ id: 'shot-0', done: true }, { id: 'shot-1', done: true }, { type: 'summary', batch: 'b', done: { submit: 2 }, refused: 0, needPerson: 0, exitCode: 0 }]);
});

test('what is accepted under a pause is said to wait, with what ends the pause, and not where none holds it', async () => {
  const { ledger, say } = await openStage();
  await pause(ledger.store, 'operator:kling', { reason: 'of another provider', kind: 'operator', polls: false });
  const free = await say(shots(1), 'enqueue', '--json');
  expect(`${free.stderr}${free.stdout}`).not.toContain('pause');

  await pause(ledger.store, 'operator:luma', { reason: 'ask Ann', kind: 'operator', polls: false });
  const held = await say(shots(2), 'enqueue', '--json');
  expect(held.code, held.stderr).toBe(0);
  expect(held.stderr).toMatch(/^2 of luma wait under a pause since \S+Z: ask Ann\. They go on with: dailies resume luma$/m);
  const summary: unknown = JSON.parse(held.stdout.trim().split('\n').at(-1) ?? '');
  expect(summary).toMatchObject({ created: 1, pauses: [{ scope: 'operator:luma', reason: 'ask Ann', provider: 'luma', count: 2, remedy: 'dailies resume luma' }] });
});

test('a file that was moved is not paid for anew before a person at a terminal has agreed, and a script is warned', async () => {
  const { environment, folder, ledger } = await openStage();
  const [before, after] = ['before', 'after'].map((name) => path.join(folder, name, 'film.txt')) as [string, string];
  for (const file of [before, after]) await mkdir(path.dirname(file));
  await writeFile(before, 'a fox\na fox\na dog\na hare\n');
  // One line was changed since.
  await writeFile(after, 'a fox\na fox\na dog\na lynx\n');
  const enqueue = async (file: string, words: string[] = [], ask?: () => Promise<boolean>): Promise<Said> =>
    dailies(environment, folder, ['enqueue', file, '--provider', 'luma', ...words], ask);
  const never = async (): Promise<boolean> => Promise.reject(new Error('it asked'));
  const total = async (): Promise<number> => (await Promise.all((await batchNames(ledger.store)).map((name) => batchIds(ledger.store, name)))).flat().length;
  expect(await enqueue(before, [], never)).toMatchObject({ code: 0 });
  const [batch = ''] = await batchNames(ledger.store);

  const refused = await enqueue(after, [], async () => false);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`3 of the 4 prompts of this file are in the batch ${batch}. Was the file moved or renamed?`);
  expect(refused.stderr).toContain(`Nothing was enqueued; to go on with the earlier one: --batch ${batch}`);
  const left = await readdir(folder);
  expect(await dailies(environment, folder, ['run', after, '--provider', 'luma'], async () => false)).toMatchObject({ code: 2 });
  expect(await readdir(folder), 'no folder for results that nobody wants').toEqual(left);
  expect((await enqueue(after, ['--dry-run'], never)).stderr).toContain('Warning: 3 of the 4 prompts');
  // Half of them are no reason to ask.
  const half = path.join(folder, 'half.txt');
  await writeFile(half, 'a dog\na hare\nan owl\na crow\n');
  expect((await enqueue(half, ['--dry-run'], never)).stderr).not.toContain('prompts of this file are in the batch');
  expect(await total()).toBe(4);
  expect(await enqueue(after, ['--batch', batch], never)).toMatchObject({ code: 0, stderr: expect.stringContaining('1 new, 3 known') as string });
  expect(await total()).toBe(5);

  expect(await enqueue(after, [], async () => true)).toMatchObject({ code: 0 });
  expect(await enqueue(after, [], never)).toMatchObject({ code: 0, stderr: expect.stringContaining('0 new, 4 known') as string });
  const third = path.join(folder, 'third.txt');
  await writeFile(third, 'a fox\na fox\n');
  const warned = await enqueue(third);
  expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining('Warning: All prompts of this file are in the batch') as string });
  expect(await total()).toBe(11);

  // The ledger was lost, and only the first batch is back: the folder still knows the third one.
  const [ids, name] = [warned.stdout.trim().split('\n'), /^(\S+): accepted/m.exec(warned.stderr)?.[1] ?? ''];
  const rows = ids.map((id) => ({ id, batch: name, provider: 'luma', prompt: 'a fox', state: 'failed', params: {}, videos: [], history: [] }));
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'manifest.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  environment['REDIS_TAG'] = openTestLedger().tag;
  expect(await enqueue(before)).toMatchObject({ code: 0, stderr: expect.stringContaining('4 new') as string });
  // The project was copied to another path, with its results.
  const copied = path.join(folder, 'copied', 'third.txt');
  await mkdir(path.dirname(copied));
  await writeFile(copied, 'a fox\na fox\n');
  // A folder that cannot be read is no reason to look into none.
  await mkdir(path.join(folder, 'third-aaaaaa', 'manifest.jsonl'), { recursive: true });
  const asked = `All prompts of this file are in the batch ${name}.`;
  expect((await enqueue(copied, [], async () => false)).stderr).toContain(asked);
  // When it was copied, most of it still waited: its manifest has two rows.
  await writeFile(copied, 'a fox\na fox\nan owl\na crow\na mole\n');
  expect((await enqueue(copied, [], async () => false)).stderr).toContain(`2 of the 5 prompts of this file are in the batch ${name}.`);
  await writeFile(copied, 'a fox\na fox\n');
  await writeFile(path.join(folder, name, '.simulated'), '');
  expect((await enqueue(copied, ['--dry-run'])).stderr).not.toContain(asked);
  await rm(path.join(folder, name, '.simulated'));
  expect(await enqueue(third, [], never)).toMatchObject({ code: 0, stderr: expect.stringContaining('2 read back') as string });
});
