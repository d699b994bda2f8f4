import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  cancelGeneration, type HeldReason, hold, pause, readGeneration, shardOf, speak, type State, type Store, transition,
} from '@dailies/queue';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { accept, ADMISSION, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import { listening } from '../../../../test/support/listening.ts';

test('a machine without the keys shows which accounts are paused, why, and what ends it', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await pause(store, 'account:acedata@http://x', { reason: 'the balance is used up', kind: 'quota', polls: false });
  await pause(store, 'provider:kling@http://x:kling', { reason: 'no such endpoint', kind: 'configuration', polls: true });
  const { code, stdout } = await dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['status']);
  expect(code).toBe(0);
  const paused = stdout.split('\n').filter((line) => line.includes('is paused'));
  expect(paused.map((line) => line.replace(/since \S+/, 'since then'))).toEqual([
    'kling is paused, polls too, since then no such endpoint. Correct the base URL or the endpoint path and start the workers again, or wait if they are ' +
      'right; then resume. It goes on with: dailies resume kling',
    ...['hailuo', 'pika', 'luma'].map((name) =>
      `${name} is paused since then the balance is used up. Fill it: one submit tests it every ten minutes, and a resume at once. ` +
      `It goes on with: dailies resume ${name}`),
  ]);
});

test('one that a pause keeps from moving says which, why, and what ends it', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const waits = newGeneration('waits');
  await accept(store, 'b', [waits]);
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), words);
  expect((await ask('status', 'waits')).stdout).not.toContain('paused');
  await pause(store, `operator:${waits.provider}`, { reason: 'ask Ann', kind: 'operator', polls: false });
  const { stdout } = await ask('status', 'waits');
  expect(stdout).toMatch(new RegExp(`^paused +since \\S+Z: ask Ann\\. It goes on with: dailies resume ${waits.provider}$`, 'm'));
  const { pauses } = JSON.parse((await ask('status', 'waits', '--json')).stdout) as { pauses: object[] };
  expect(pauses).toMatchObject([{ scope: `operator:${waits.provider}`, reason: 'ask Ann', polls: false }]);
  const { redis, keys } = await shardHolding(store, 'waits');
  const failure = JSON.stringify({ kind: 'moderated', message: 'no', retryable: false });
  await redis.hset(keys.generation('waits'), { state: 'failed', failure, stub: '1' });
  expect((await ask('status', 'waits')).stdout).toContain('what helps  past its retention: its request is gone');
});

test('a batch says which pause holds how many of it, and what ends it', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const [one, two] = [newGeneration('one'), newGeneration('two')];
  await accept(store, 'b', [one, two]);
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), words);
  await pause(store, 'operator:kling', { reason: 'of another provider', kind: 'operator', polls: false });
  expect((await ask('status', 'b')).stdout).not.toContain('pause');
  await pause(store, `operator:${one.provider}`, { reason: 'ask Ann', kind: 'operator', polls: false });
  const { stdout } = await ask('status', 'b');
  expect(stdout).toMatch(new RegExp(`^2 of ${one.provider} wait under a pause since \\S+Z: ask Ann\\. They go on with: dailies resume ${one.provider}$`, 'm'));
  const { pauses } = JSON.parse((await ask('status', 'b', '--json')).stdout) as { pauses: object[] };
  expect(pauses).toMatchObject([{ scope: `operator:${one.provider}`, reason: 'ask Ann', provider: one.provider, count: 2, remedy: `dailies resume ${one.provider}` }]);

  await pause(store, `operator:${one.provider}`, { reason: 'ask Ann', kind: 'operator', polls: true });
  for (const [id, state] of [['one', 'rendering'], ['two', 'overdue']] as const) {
    const { redis, keys } = await shardHolding(store, id);
    await redis.hset(keys.generation(id), { state });
    for (const [count, by] of [[state, 1], ['queued', -1]] as const) await redis.hincrby(keys.batch('b'), `n:${count}`, by);
  }
  const later = JSON.parse((await ask('status', 'b', '--json')).stdout) as object;
  expect(later, 'where none is queued').toMatchObject({ pauses: [{ count: 2 }], needPerson: [{ id: 'two', state: 'overdue' }] });
});

test('a batch says how many of its cancels wait for the outcome of a submit', async () => {
  const ledger = openTestLedger();
  const { store, redisUrl, tag } = ledger;
  const ids = ['asked', 'not-asked', 'refused'];
  await accept(store, 'b', ids.map((id) => newGeneration(id)));
  for (const id of ids) await transition(store, await ledger.generation(id), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), words);
  expect((await ask('status', 'b')).stdout).not.toContain('cancel requested');
  for (const id of ['asked', 'refused']) await cancelGeneration(ledger, id);
  await transition(store, await ledger.generation('refused'), { from: ['submitting'], to: 'failed', by: '1.a' });
  expect((await ask('status', 'b')).stdout).toContain('cancel requested: 1\n  Each is decided as soon as the outcome of its submit is known, and may be billed.\n');
  expect(JSON.parse((await ask('status', 'b', '--json')).stdout)).toMatchObject({ cancelRequested: 1 });
});

test("a batch says which pages of a person's own stand in the place of its own", async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await accept(store, 'b', [newGeneration('one')]);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-status-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const ask = (...words: string[]) => dailies({ ...environmentOf({ redisUrl, tag }), OUT_DIR: folder }, folder, ['status', 'b', ...words]);
  expect((await ask()).stdout).not.toContain('not of Dailies');
  await mkdir(path.join(folder, 'b'));
  const kept = ['index.html', 'manifest.jsonl'].map((name) => path.join(folder, 'b', name));
  for (const file of kept) await writeFile(file, 'mine');
  const said = kept.map((file) => expect.stringContaining(`${file} is not of Dailies, and left as it is: move it away, and ours is written`) as string);
  expect((await ask()).stdout.split('\n').filter((line) => line.includes('not of Dailies'))).toEqual(said);
  expect(JSON.parse((await ask('--json')).stdout)).toMatchObject({ notOfDailies: kept });
});

test('a batch says of how many retention has removed the files', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await accept(store, 'b', [newGeneration('one'), newGeneration('two'), newGeneration('three')]);
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['status', 'b', ...words]);
  // The third is fetched again.
  for (const [id, state] of [['one', 'succeeded'], ['two', 'succeeded'], ['three', 'downloading']] as const) {
    const { redis, keys } = await shardHolding(store, id);
    await redis.hset(keys.generation(id), { state, ...(id === 'two' ? {} : { filesRemovedAt: '1' }) });
    await redis.hincrby(keys.batch('b'), `n:${state}`, 1);
  }
  expect((await ask()).stdout).toMatch(/^ {2}succeeded {3}2, the files of 1 of them removed by retention$/m);
  expect(JSON.parse((await ask('--json')).stdout)).toMatchObject({ filesRemoved: 1 });
});

test('a batch in a bucket that takes requests and does not answer is shown all the same', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await accept(store, 'b', [newGeneration('one')]);
  const silent = express().use(() => undefined);
  const bucket = { S3_BUCKET: 'films', S3_ENDPOINT: await listening(silent), S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' };
  const environment = { ...environmentOf({ redisUrl, tag }), ...bucket };
  const { code, stdout } = await dailies(environment, os.tmpdir(), ['status', 'b']);
  expect(code).toBe(0);
  expect(stdout).toContain('queued      1');
});

test('what is held says how many, why, and what helps: of a batch, and of a provider, wherever its account is configured', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const reasons: HeldReason[] = ['unattended', 'unattended', 'origin', 'dropped', 'offered'];
  const [{ provider, account }] = [newGeneration('moves')];
  await accept(store, 'b', [newGeneration('moves'), ...reasons.map((_, at) => newGeneration(`held-${at}`))]);
  const environment = { ...environmentOf({ redisUrl, tag }), ALLEGRO_API_KEY: 'k', ALLEGRO_BASE_URL: account.slice('allegro@'.length) };
  const ask = (...words: string[]) => dailies(environment, os.tmpdir(), words);
  expect((await ask('status', 'b')).stdout).not.toContain('held');
  for (const [at, reason] of reasons.entries()) {
    const generation = await readGeneration(store, `held-${at}`);
    if (generation === null || !(await hold(store, generation, reason))) throw new Error('not held');
  }

  const { stdout: page } = await ask('status', 'b');
  expect(page.split('\n').filter((line) => line.includes('held')).toSorted()).toEqual([
    `1 of ${provider} held (dropped): a later file of their batch does not have them. What helps: run a file that has them, or cancel them`,
    `1 of ${provider} held (offered): a callback has named a task of each, which the upstream has not answered for yet. What helps: nothing, they go on by themselves`,
    `1 of ${provider} held (origin): they were enqueued for ${account}, which the worker that came by is not configured for. What helps: start a worker with the key and address of that account, or cancel them`,
    `2 of ${provider} held (unattended): the run that made them was stopped. What helps: run their file again, or dailies watch b`,
  ]);
  const { held } = JSON.parse((await ask('status', 'b', '--json')).stdout) as { held: object[] };
  expect(held).toContainEqual(expect.objectContaining({ reason: 'unattended', provider, account, count: 2, remedy: 'run their file again, or dailies watch b' }));
  expect((await ask('status')).stdout).toContain(`\n2 of ${provider} held (unattended): the run that made them was stopped.`);
  const elsewhere = await dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['status']);
  expect(elsewhere.stdout).toContain(`\n1 of ${provider} held (origin): they were enqueued for ${account}`);
  expect((await ask('status', 'held-2')).stdout).toMatch(new RegExp(`^account +${account}$`, 'm'));
});

test('what keeps a provider from submitting and ends by itself is told of the provider and of each batch that has some queued: why, and when it goes on', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const { account, provider } = newGeneration('one');
  await accept(store, 'b', [newGeneration('one')]);
  await accept(store, 'rendering', [newGeneration('two')]);
  await accept(store, 'run', [newGeneration('three')], true);
  const environment = { ...environmentOf({ redisUrl, tag }), ALLEGRO_API_KEY: 'k', ALLEGRO_BASE_URL: account.slice('allegro@'.length) };
  const ask = async (...words: string[]) => (await dailies(environment, os.tmpdir(), ['status', ...words])).stdout;
  const alone = `${provider} submits nothing now: no worker is running that has ${account}. It goes on by itself when`;
  expect(await ask()).toContain(`${alone} one starts with its key and address; what a stopped run has left, when its file is run again.\n`);
  expect(await ask('b')).toContain(`${alone} one starts with its key and address.\n`);
  expect(await ask('run')).toContain(`${alone} its file is run again, or when a worker with that key and address starts while somebody watches it.\n`);
  await speak(store, 'worker', { unanswered: {}, accounts: { [provider]: 'allegro@http://elsewhere' } });
  expect(await ask('b')).toContain(alone);
  await speak(store, 'worker', { unanswered: {}, accounts: { [provider]: account } });
  expect(await ask('b')).not.toContain('submits nothing');
  const shard = shardOf(store, account);
  await shard.redis.hset(shard.keys.account(account), { openSince: Date.UTC(2026, 0, 1) });
  await shard.redis.hset(shard.keys.cooldowns, { [account]: `${Date.now() + 3_600_000}|1` });
  await speak(store, 'worker', { unanswered: { [provider]: Date.UTC(2026, 1, 1) }, fewReplicas: [shard.number] });
  const lines = [
    `${provider} submits nothing now: nobody has answered for three submits in a row (since 2026-01-01T00:00:00.000Z). It goes on by itself when the upstream answers a free request.`,
    `${provider} submits nothing now: fewer replicas of Redis follow than REDIS_REPLICAS. It goes on by itself when enough of them follow; \`dailies doctor\` says which are missing.`,
    `${provider} submits nothing now: the upstream has refused a submit for now. It goes on by itself in 3600 s.`,
  ];
  const told = (page: string): string[] => page.split('\n').filter((line) => line.includes('submits nothing')).map((line) => line.replace(/in 3\d{3} s/, 'in 3600 s'));
  expect([told(await ask()), told(await ask('b'))]).toEqual([lines, lines]);
  expect(await ask()).toContain(`\n${provider} gives no usable answer to polls since 2026-02-01T00:00:00.000Z: the upstream, or the way to it.`);
  expect(JSON.parse(await ask('b', '--json'))).toMatchObject({ waits: ['breaker', 'replicas', 'refusal'].map((why) => ({ provider, account, why })) });
  const { redis, keys } = await shardHolding(store, 'two');
  await redis.hset(keys.batch('rendering'), { 'n:queued': 0, 'n:rendering': 1 });
  expect(await ask('rendering')).not.toContain('submits nothing');
});

const ids = (head: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${head}-${at}`);

async function stand(store: Store, id: string, state: State): Promise<void> {
  const { redis, keys } = await shardHolding(store, id);
  await redis.hset(keys.generation(id), { state });
  await redis.hincrby(keys.batch('b'), 'n:queued', -1);
  await redis.hincrby(keys.batch('b'), `n:${state}`, 1);
}

test('a batch names those that need a person: a handful to people, all to machines, and so does its retry', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const [unresolved, overdue] = [ids('lost', 7), ids('late', 2)];
  await accept(store, 'b', ['fine', ...unresolved, ...overdue].map((id) => newGeneration(id)));
  for (const id of unresolved) await stand(store, id, 'unresolved');
  for (const id of overdue) await stand(store, id, 'overdue');
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), words);

  const { stdout: page } = await ask('status', 'b');
  expect(page).toContain('unresolved: lost-0, lost-1, lost-2, lost-3, lost-4 and 2 more (dailies status b --json names all)\n');
  expect(page).toContain('dailies resolve lost-0 --task TASK | --resubmit (may pay twice) | --abandon\n');
  expect(page).toContain('overdue: late-0, late-1\n');
  const { needPerson } = JSON.parse((await ask('status', 'b', '--json')).stdout) as { needPerson: object[] };
  expect(needPerson).toEqual([...unresolved.map((id) => ({ id, state: 'unresolved' })), ...overdue.map((id) => ({ id, state: 'overdue' }))]);

  expect((await ask('retry', 'b')).stderr).toContain('Unresolved: lost-0, lost-1, lost-2, lost-3, lost-4 and 2 more (dailies status b --json names all).');
  const told = (await ask('retry', 'b', '--json')).stdout;
  for (const id of unresolved) expect(told).toContain(`{"id":"${id}","plan":"person","done":false`);
});

test('of several videos of one generation, each says of itself whether it is there', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  await accept(store, null, [newGeneration('one')]);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, 'one.mp4'), '');
  const stored = ['one.mp4', 'one.2.mp4'].map((file) => ({ kind: 'video', file, sha256: '0'.repeat(64), bytes: 0, source: '' }));
  const { redis, keys } = await shardHolding(store, 'one');
  await redis.hset(keys.generation('one'), { state: 'succeeded', folder, files: JSON.stringify(stored) });

  const { stdout } = await dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['status', 'one']);

  expect(stdout).toContain(`video       ${path.join(folder, 'one.mp4')}\n`);
  expect(stdout).toContain(`video       ${path.join(folder, 'one.2.mp4')} (it is not there on this machine`);
});
