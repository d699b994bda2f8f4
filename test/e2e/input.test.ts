/** What is wrong with the input is said at once and in full, with exit code 2, and nothing of it is enqueued. */
import { mkdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type House, openHouse } from './house.ts';
import type { Ending } from './program.ts';
import { saidJson } from './said.ts';

const GOOD = { provider: 'kling', prompt: 'a little dog runs on the grass' };
const BAD_LINES = [
  JSON.stringify(GOOD),
  '{"provider":"kling","prompt":"cut in the mid',
  '{"provider":"klong","prompt":"a cat"}',
  '{"provider":"kling","prompt":"a cat","params":{"durations":"5"}}',
  '{"provider":"kling","prompt":"a cat","params":{"cfg_scale":7}}',
  '{"provider":"allegro","prompt":"only seven words are in this prompt"}',
  '{"provider":"kling","prompt":"a cat","image":"nowhere.png"}',
  JSON.stringify({ provider: 'luma', prompt: 'a second good one' }),
];

test('a file with many faults enqueues nothing and names every bad line, its field and its remedy on stderr', async () => {
  const house = await openHouse();
  await house.write('bad.jsonl', BAD_LINES.join('\n'));

  const ending = await house.dailies('run', 'bad.jsonl', '--json');

  await expectRefusal(house, ending);
  const { stderr } = ending;
  expect(stderr).toMatch(/line 2: .*JSON/);
  expect(stderr).toMatch(/line 3: provider: .*"klong".*"kling"/);
  expect(stderr).toMatch(/line 4: .*durations.*duration/);
  expect(stderr).toMatch(/line 5: .*cfg_scale: .*1/);
  expect(stderr).toMatch(/line 6: .*prompt: .*8 words/);
  expect(stderr).toMatch(/line 7: image: .*nowhere\.png/);
  expect(stderr).not.toMatch(/line [18]:/);
});

test('with --skip-invalid the good lines of a bad file are enqueued and the bad ones are still named', async () => {
  const house = await openHouse();
  await house.write('bad.jsonl', BAD_LINES.join('\n'));

  const { code, stdout, stderr } = await house.dailies('enqueue', 'bad.jsonl', '--batch', 'good', '--skip-invalid', '--json');

  expect(code, stderr).toBe(0);
  expect(saidJson(stdout).summary).toMatchObject({ total: 2, created: 2, skipped: 6 });
  for (const line of [2, 3, 4, 5, 6, 7]) expect(stderr).toContain(`line ${line}: `);
  expect((await house.generations('good')).map(({ provider, state }) => `${provider} ${state}`)).toEqual(['kling queued', 'luma queued']);
});

test('lines that are left out for one common reason are counted as left out', async () => {
  const house = await openHouse({}, { KLING_API_KEY: '' });
  await house.write('mixed.jsonl', `${JSON.stringify(GOOD)}\n${BAD_LINES[7] ?? ''}\n${JSON.stringify({ ...GOOD, prompt: 'another dog' })}\n`);
  const { code, stdout, stderr } = await house.dailies('enqueue', 'mixed.jsonl', '--batch', 'mixed', '--skip-invalid', '--json');
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('KLING_API_KEY');
  expect(saidJson(stdout).summary).toMatchObject({ total: 1, created: 1, skipped: 2 });
});

const FILES: { what: string; content: string | Uint8Array; says: RegExp }[] = [
  { what: 'an empty file', content: '', says: /has no prompts/ },
  {
    what: 'a file with a line that is not UTF-8',
    content: Buffer.concat([Buffer.from('a good prompt\ncaf'), Buffer.from([0xe9]), Buffer.from('\n')]),
    says: /line 2: is not UTF-8/,
  },
];

for (const { what, content, says } of FILES) {
  test(`${what} is refused by what is wrong with it`, async () => {
    const house = await openHouse();
    await house.write('prompts.txt', content);
    const ending = await house.dailies('run', 'prompts.txt', '--provider', 'kling');
    await expectRefusal(house, ending);
    expect(ending.stderr).toMatch(says);
  });
}

const USES: { what: string; words: string[]; says: RegExp }[] = [
  { what: 'a folder in place of a file', words: ['run', 'folder.txt', '--provider', 'kling'], says: /is a folder, not a prompt file/ },
  { what: 'a file that is not there', words: ['run', 'nowhere.txt', '--provider', 'kling'], says: /nowhere\.txt[^]*no such file/ },
  { what: 'a provider that does not exist', words: ['run', 'good.txt', '--provider', 'klong'], says: /"klong"[^]*kling/ },
  { what: 'a parameter that does not exist', words: ['run', 'good.txt', '--provider', 'kling', '--param', 'durations=5'], says: /durations[^]*duration/ },
  { what: 'an option that does not exist', words: ['run', 'good.txt', '--provder', 'kling'], says: /--provder[^]*--provider/ },
  { what: 'stdin without the name of a batch', words: ['run', '-', '--provider', 'kling'], says: /--batch/ },
];

for (const { what, words, says } of USES) {
  test(`${what} is refused with the remedy`, async () => {
    const house = await openHouse();
    await mkdir(path.join(house.folder, 'folder.txt'));
    await house.write('good.txt', GOOD.prompt);
    const ending = await house.dailies(...words);
    await expectRefusal(house, ending);
    expect(ending.stderr).toMatch(says);
  });
}

test.each([
  ['run', ['prompts.jsonl', '--out', '']],
  ['results', ['prompts', '--download', '']],
])('%s with an empty name of a folder, that of a variable which is not set, is refused', async (command, words) => {
  const house = await openHouse();
  await house.write('prompts.jsonl', JSON.stringify(GOOD));

  const { code, stderr } = await house.dailies(command, ...words);

  expect(code, stderr).toBe(2);
  expect(stderr).toContain('It is empty. "." is the folder that you are in.');
});

test('a file of 300 MB is refused before it is read', async () => {
  const house = await openHouse();
  await house.write('huge.txt', '');
  await truncate(path.join(house.folder, 'huge.txt'), 300 * 1024 * 1024);
  const ending = await house.dailies('run', 'huge.txt', '--provider', 'kling');
  await expectRefusal(house, ending);
  expect(ending.stderr).toMatch(/300 MB.*Split it/);
});

test('without a key the run names the variable to set', async () => {
  const house = await openHouse({}, { KLING_API_KEY: '', ACEDATA_API_KEY: '' });
  await house.write('good.jsonl', [GOOD, { provider: 'pika', prompt: 'paper boats' }].map((line) => JSON.stringify(line)).join('\n'));
  const ending = await house.dailies('run', 'good.jsonl');
  await expectRefusal(house, ending);
  expect(ending.stderr).toContain('KLING_API_KEY');
  expect(ending.stderr).toContain('ACEDATA_API_KEY');
});

test('prompts come from stdin as well', async () => {
  const house = await openHouse();
  const { ended } = house.start(['enqueue', '-', '--provider', 'pika', '--batch', 'piped'], { input: 'paper boats\nan old lighthouse\n' });
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  expect(await house.generations('piped')).toHaveLength(2);
});

/** Exit code 2, no data, no record in the ledger, no request to an upstream. */
async function expectRefusal({ ledger, simulator }: House, { code, stdout, stderr }: Ending): Promise<void> {
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
  for (const { keys } of ledger.store.shards) expect(await ledger.redis.exists(keys.all, keys.batches, keys.live, keys.intakes)).toBe(0);
  expect(simulator.requests()).toEqual([]);
}
