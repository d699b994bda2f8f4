/** Polls of many tasks: how few requests they take, that none comes before its time, and that a bad answer to many harms none of them. */
import { expect, test } from 'vitest';
import { pauses, readGenerations, resume } from '@dailies/queue';
import { type Rig, openRig } from '../support/rig.ts';

const PACE = { FIRST_POLL_MS: 1_500, POLL_MIN_MS: 1_000, POLL_MAX_MS: 3_000 };

/** Hailuo at its real speed, with room for so many at once, and a pace that is a tenth of AceData's. */
async function openCrowd(inFlight: number, readyMs: number, faults: Parameters<typeof openRig>[0] = {}): Promise<Rig> {
  const pace = Object.fromEntries(Object.entries(PACE).map(([name, ms]) => [`HAILUO_${name}`, String(ms)]));
  return openRig({ speed: 1, limits: { acedata: inFlight }, durations: { hailuo: readyMs }, ...faults }, { ACEDATA_MAX_IN_FLIGHT: String(inFlight), ...pace });
}

function enqueue(rig: Rig, count: number): Promise<string[]> {
  return rig.enqueue('crowd', Array.from({ length: count }, (_, at) => ({ provider: 'hailuo' as const, ask: { prompt: `a boat on a river, number ${at}.` } })));
}

/** Milliseconds since acceptance of every poll of every task. */
function pollsByTask(rig: Rig): number[][] {
  const accepted = new Map(rig.simulator.ledger().map(({ taskId, at }) => [taskId, at]));
  const polls = new Map<string, number[]>();
  for (const { at, tasks } of questions(rig)) for (const id of tasks) polls.set(id, [...(polls.get(id) ?? []), at - (accepted.get(id) ?? at)]);
  return [...polls.values()];
}

function questions(rig: Rig): { at: number; tasks: string[] }[] {
  return rig.simulator.requests({ kind: 'poll' }).map(({ at, taskId = '', otherTaskIds = [] }) => ({ at, tasks: [taskId, ...otherTaskIds] }));
}

test('with sixty in flight on one worker five polls and more go out as one request, and none comes before its time', async () => {
  const rig = await openCrowd(60, 600_000);
  const ids = await enqueue(rig, 60);
  await rig.worker();
  await rig.reached(ids, ['rendering']);
  const before = questions(rig).length;
  const since = (): { polls: number; requests: number } => {
    const asked = questions(rig).slice(before);
    return { polls: asked.reduce((sum, { tasks }) => sum + tasks.length, 0), requests: asked.length };
  };
  await expect.poll(() => since().polls, { timeout: 30_000 }).toBeGreaterThanOrEqual(180);
  const { polls, requests } = since();
  process.stdout.write(`60 in flight: ${polls} polls in ${requests} requests, ${(requests / polls).toFixed(3)} a poll\n`);
  expect(requests / polls).toBeLessThanOrEqual(0.2);
  for (const times of pollsByTask(rig)) {
    // The answer to the create is written down a moment after the upstream took it; all times here are the upstream's.
    expect(times[0]).toBeGreaterThanOrEqual(PACE.FIRST_POLL_MS);
    for (const [at, time] of times.entries()) if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThanOrEqual(PACE.POLL_MIN_MS - 1);
  }
});

test('bad answers about many, a poisoned id and a list that leaves tasks out lose nobody, and nothing is paid again', async () => {
  const faults = [
    { on: 'poll' as const, what: 'truncated-json', many: true, times: 2 },
    { on: 'poll' as const, what: 'html-502', match: 'number 3.', many: true },
    { on: 'poll' as const, what: 'left-out', match: 'number 7.', many: true },
  ];
  const rig = await openCrowd(20, 4_000, { faults });
  const ids = await enqueue(rig, 20);
  await rig.worker();
  await rig.reached(ids, ['succeeded']);
  expect(rig.simulator.faults.list()[0]?.hits).toBe(2);
  for (const generation of await readGenerations(rig.store, ids)) expect(generation).toMatchObject({ state: 'succeeded', round: 1, attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(20);
});

test('a key that is refused pauses the account also when many are asked about, and a resume goes on with all of them', async () => {
  const rig = await openCrowd(10, 3_000, { faults: [{ on: 'poll', what: 'acedata:invalid_token' }] });
  const ids = await enqueue(rig, 10);
  await rig.worker();
  const account = rig.config.providers.hailuo.account?.id ?? '';
  await expect.poll(() => pauses(rig.store)).toMatchObject([{ scope: `account:${account}`, kind: 'auth', polls: true }]);
  rig.simulator.faults.clear();
  // A poll that was under way may still have been refused.
  const resuming = setInterval(() => void resume(rig.store, 'hailuo', [account]), 200);
  await rig.reached(ids, ['succeeded']).finally(() => clearInterval(resuming));
  for (const generation of await readGenerations(rig.store, ids)) expect(generation).toMatchObject({ round: 1, attempts: 1 });
});
