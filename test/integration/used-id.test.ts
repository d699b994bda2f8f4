/** Kling refuses an id that a person chose, since another ledger of the account has used it: nothing was paid, and nobody is asked where that is certain. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { afterRestore, learnLookup, note, resolveGeneration, retryGeneration, shardOf, slotsTaken } from '@dailies/queue';
import { startSimulator } from '@dailies/simulator';
import { type Rig, openRig } from '../support/rig.ts';

const HOUR = 3_600_000;
const ASK = { provider: 'kling' as const, ask: { prompt: 'another prompt' } };

test('a prompt whose id names an older task fails, unbilled and without holding a slot, and is submitted under another name when a person retries it', async () => {
  const { rig, older } = await rigWithOlderTask('mine-0.1', HOUR);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  const failed = await rig.generation(id);
  expect(failed).toMatchObject({ state: 'failed', attempts: 0, failure: { kind: 'id_used', retryable: true } });
  for (const word of [older, 'mine-0.1', 'nothing was paid', 'A retry submits this one under another name', 'resolve this one with it']) expect(failed.failure?.message).toContain(word);
  expect(failed.ambiguity).toBeUndefined();
  expect(await slotsTaken(rig.store, failed.account)).toBe(0);
  expect(rig.simulator.counts().accepted).toBe(1);

  expect(await retryGeneration(rig, id, { mayPay: true, byId: true })).toMatchObject({ done: true, plan: 'submit' });
  await rig.reached([id], ['succeeded']);
  expect(await rig.generation(id)).toMatchObject({ round: 2, attempts: 1, clientId: 'mine-0.2' });
  expect(rig.simulator.counts().accepted).toBe(2);
});

test('a person who knows the older task for its own has its video fetched, and nothing is paid', async () => {
  const { rig, older } = await rigWithOlderTask('mine-0.1', HOUR);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await resolveGeneration(rig, id, { what: 'resubmit' })).toMatchObject({ done: false });
  expect(await resolveGeneration(rig, id, { what: 'task', task: older })).toMatchObject({ done: true });
  await rig.reached([id], ['succeeded']);
  const { failure, taskKey, round } = await rig.generation(id);
  expect({ failure, taskKey, round }).toEqual({ failure: undefined, taskKey: older, round: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('an older task is a question where an earlier submit may have made it: the prompt was in the queue again since before that task', async () => {
  const { rig } = await rigWithOlderTask('mine-0.1', HOUR);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await history(rig, id, `${Date.now() - 2 * HOUR}|queued|1|put back`);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'unresolved' });
});

test('an older task is a question also after a restored backup, where it is from long before the time that is lost', async () => {
  const { rig } = await rigWithOlderTask('mine-0.1', HOUR);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  expect(await afterRestore(rig)).toMatchObject({ inDoubt: 1 });
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'unresolved' });
});

test('one that was sent again since it was absent has an older task for its own', async () => {
  const { rig, older } = await rigWithOlderTask('mine-0.1', HOUR);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await note(rig.store, await rig.generation(id), { absences: 1 });
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', taskKey: older });
});

test('an older task is a question where the upstream has not said that it refused ours', async () => {
  const { rig } = await rigWithOlderTask('mine-0.1', HOUR, { on: 'create', what: 'reset-before-read', provider: 'kling', times: 1 });
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'unresolved' });
});

test.each([
  { ago: 'minutes ago is a question: clocks may be so far apart', ageMs: 5 * 60_000 },
  { ago: 'the same moment is a question, since nothing was sent but the submit that was refused', ageMs: 0 },
])('an older task of $ago', async ({ ageMs }) => {
  const { rig } = await rigWithOlderTask('mine-0.1', ageMs);
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'unresolved' });
  expect((await rig.generation(id)).history.at(-1)?.note).toContain('give it another id');
});

test('a prompt whose id names a task that no look-up of its kind shows is a question after its looks: under that name it would be refused each time', async () => {
  const { rig } = await rigWithOlderTask('mine-0.1', HOUR);
  const account = rig.config.providers.kling.account?.id ?? '';
  await learnLookup(rig.store, account, 'kling:classic', 'foundBefore');
  const [id = ''] = await rig.enqueue('mine', [{ ...ASK, ask: { ...ASK.ask, image: 'https://images.example/one.png' } }]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  const { state, absences, history } = await rig.generation(id);
  expect({ state, absences }).toEqual({ state: 'unresolved', absences: undefined });
  expect(history.at(-1)?.note).toContain('a task has its name mine-0.1 there already');
});

test('a task of the same moment is its own where an earlier submit may have made it, which was taken for not accepted', async () => {
  const { rig, older } = await rigWithOlderTask('mine-0.1', 0, { on: 'create', what: 'kling:1302', times: 1 });
  const [id = ''] = await rig.enqueue('mine', [ASK]);
  await rig.worker();
  await rig.reached([id], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', taskKey: older });
});

test('an id that was drawn from the prompt can only name that prompt, and has the older task for its own', async () => {
  const drawn = `g${'a'.repeat(20)}`;
  const { rig, older } = await rigWithOlderTask(`${drawn}.1`, HOUR);
  await rig.enqueue('drawn', [{ ...ASK, id: drawn }]);
  await rig.worker();
  await rig.reached([drawn], ['failed', 'unresolved', 'succeeded']);
  expect(await rig.generation(drawn)).toMatchObject({ state: 'succeeded', taskKey: older });
});

/** Another ledger of the account has had a video made under this id, so many milliseconds ago. */
async function rigWithOlderTask(externalId: string, ageMs: number, ...faults: NonNullable<Parameters<typeof openRig>[0]>['faults'] & {}): Promise<{ rig: Rig; older: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-used-id-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stateFile = path.join(folder, 'upstream.jsonl');
  const before = await startSimulator({ stateFile, speed: 600 });
  const order = { prompt: 'of another ledger', external_task_id: externalId };
  await fetch(`${before.url}/v1/ai/abc123/kling/videos/text2video`, { method: 'POST', headers: { authorization: 'Bearer test-kling' }, body: JSON.stringify(order) });
  const older = before.ledger()[0]?.taskId ?? '';
  await before.close();
  const earlier = (text: string): string => text.replaceAll(/"(acceptedAt|startsAt|finishesAt)":(\d+(?:\.\d+)?)/g, (_, name: string, at: string) => `"${name}":${Number(at) - ageMs}`);
  await writeFile(stateFile, earlier(await readFile(stateFile, 'utf8')));
  return { rig: await openRig({ stateFile, faults }), older };
}

async function history(rig: Rig, id: string, entry: string): Promise<void> {
  const { redis, keys } = shardOf(rig.store, (await rig.generation(id)).account);
  await redis.rpush(keys.history(id), entry);
}
