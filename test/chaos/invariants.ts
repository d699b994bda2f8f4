/**
 * Checks from outside what must hold after every run: the simulator's bill, the ledger, the files, the queues. Each finding is one sentence. The checks
 * do not know what was done to the workers; only `Allowance` says where a person may really be needed.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { type Generation, STATES, TERMINAL, countsOf, readBatch, readEvents, readGenerations, shardOf } from '@dailies/queue';
import type { PaidSubmit } from '@dailies/simulator';
import { fileFindings } from './file-findings.ts';
import { type Stage, promptOf } from './stage.ts';
import { keysOf } from '../support/ledger.ts';

export interface Allowance {
  /** Whether a person may be asked about this generation. Default: about none. */
  mayAsk?: (generation: Generation) => boolean;
  /** Whether this generation may have failed. Default: none. */
  mayFail?: (generation: Generation) => boolean;
  /** Whether this generation may have been canceled. Default: none. */
  mayCancel?: (generation: Generation) => boolean;
  /** Where people had a say: what is wrong with what this generation cost, after what they asked and were told. `paid`: how often it was paid. */
  told?: (generation: Generation, paid: number) => string[];
  /** How often people may have had a generation go on after its end. Default: never. */
  wentOn?: (id: string) => number;
}

/** Everything that is wrong. Empty: all invariants hold. */
export async function findings(stage: Stage, allowance: Allowance = {}): Promise<string[]> {
  const found = await readGenerations(stage.store, stage.accepted);
  const lost = stage.accepted.filter((_, at) => found[at] === null).map((id) => `${id} was accepted and is lost`);
  const generations = found.filter((one) => one !== null);
  return [
    ...lost,
    ...billFindings(stage, generations, allowance),
    ...(await taskFindings(stage, generations)),
    ...generations.flatMap((generation) => stateFindings(generation, allowance)),
    ...(await slotFindings(stage, generations)),
    ...(await counterFindings(stage, generations)),
    ...(await queueFindings(stage, generations)),
    ...(await eventFindings(stage, allowance)),
    ...(await fileFindings(stage, generations)),
  ];
}

/** Never pay twice; never lose what was paid; what landed is what was paid. */
function billFindings({ simulator, name }: Stage, generations: readonly Generation[], { told }: Allowance): string[] {
  const bill = new Map<string, PaidSubmit[]>();
  for (const row of simulator.ledger()) bill.set(row.prompt, [...(bill.get(row.prompt) ?? []), row]);
  const wrong: string[] = [];
  for (const generation of generations) {
    const { id, state, task, taskKey } = generation;
    const rows = bill.get(promptOf(name, id)) ?? [];
    bill.delete(promptOf(name, id));
    if (state === 'succeeded' && rows.length === 0) wrong.push(`${id} has succeeded, but was never paid for`);
    if (told !== undefined) {
      wrong.push(...told(generation, rows.length));
      continue;
    }
    // A generation that the upstream failed without billing it was submitted again, once in each round.
    if (rows.length > (generation.resubmits ?? 0) + 1) wrong.push(`${id} was paid ${rows.length} times: ${rows.map(({ taskId }) => taskId).join(', ')}`);
    const paid = rows.at(-1)?.taskId;
    if (paid !== undefined && state !== 'unresolved' && !JSON.stringify([task, taskKey]).includes(paid)) wrong.push(`${id} is ${state} and has lost its paid task ${paid}`);
    if (generation.strays !== undefined) wrong.push(`${id} has a stray task`);
    if (state === 'succeeded' && generation.attempts !== rows.length) wrong.push(`${id} counts ${generation.attempts} attempts, but was submitted ${rows.length} times`);
  }
  for (const prompt of bill.keys()) wrong.push(`a prompt was paid for that belongs to no generation: ${prompt}`);
  return wrong;
}

/** Every task that was paid is in the index of tasks, with its generation; but not one of which only a person could know. */
async function taskFindings({ simulator, store, name }: Stage, generations: readonly Generation[]): Promise<string[]> {
  const known = new Map<string, string>();
  for (const account of new Set(generations.map((one) => one.account))) {
    const { redis, keys } = shardOf(store, account);
    for (const [task, owner] of Object.entries(await redis.hgetall(keys.tasks(account)))) known.set(owner, `${known.get(owner) ?? ''} ${task}`);
  }
  const asked = new Set(generations.filter(({ history }) => history.some(({ state }) => state === 'unresolved')).map(({ id }) => id));
  const owners = new Map(generations.filter(({ id }) => !asked.has(id)).map(({ id }) => [promptOf(name, id), id]));
  return simulator.ledger().flatMap(({ prompt, taskId }) => {
    const id = owners.get(prompt);
    return id === undefined || known.get(id)?.includes(taskId) === true ? [] : [`the task ${taskId} of ${id} was paid, and is not in the index of tasks`];
  });
}

function stateFindings(generation: Generation, { mayAsk = () => false, mayFail = () => false, mayCancel = () => false }: Allowance): string[] {
  const { id, state, provider } = generation;
  const why = generation.history.map((entry) => `${entry.state}${entry.note === undefined ? '' : ` (${entry.note})`}`).join(' → ');
  if (state === 'unresolved') return mayAsk(generation) ? [] : [`${id} (${provider}) asks for a person without need: ${why}`];
  if (state === 'canceled') return mayCancel(generation) ? [] : [`${id} (${provider}) is canceled, and nobody asked for it: ${why}`];
  if (state === 'failed') return mayFail(generation) ? [] : [`${id} (${provider}) has failed: ${why}`];
  return TERMINAL.includes(state) ? [] : [`${id} (${provider}) is stuck in ${state}: ${why}`];
}

/** Slots are held exactly by generations whose task may still run; no intent, reservation or lock is left. */
async function slotFindings({ store, config, redis }: Stage, generations: readonly Generation[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const account of new Set(PROVIDER_NAMES.map((name) => config.providers[name].account?.id ?? ''))) {
    const due = generations.filter((one) => one.account === account && one.state === 'unresolved').map(({ id }) => id);
    const { keys } = shardOf(store, account);
    const held = await redis.zrange(keys.slots(account), '0', '-1');
    for (const id of held.filter((one) => !due.includes(one))) wrong.push(`${id} holds a slot of ${account} that it does not need`);
    // A generation that is in doubt only because the ledger was rolled back takes no slot: a whole backlog may be in doubt then.
    const restored = new Set(generations.filter((one) => one.restored === true).map(({ id }) => id));
    for (const id of due.filter((one) => !held.includes(one) && !restored.has(one))) wrong.push(`${id} may still run at ${account} and has no slot`);
    const intents = await redis.zrange(keys.intents(account), '0', '-1');
    if (intents.length > 0) wrong.push(`intents of ${account} are left over: ${intents.join(', ')}`);
    const reserved = await redis.zcount(keys.reserved(account), Date.now(), '+inf');
    if (reserved > 0) wrong.push(`reservations of ${account} are left over: ${reserved}`);
    const idle = await redis.smembers(keys.held(account));
    if (idle.length > 0) wrong.push(`generations of ${account} are still held back: ${idle.join(', ')}`);
  }
  const locks = [...store.shards.map(({ keys }) => keys.sweepLock), ...(await keysOf(redis, `${store.keys.folderLock('')}*`))];
  for (const lock of locks) {
    if ((await redis.pttl(lock)) === -1) wrong.push(`${lock} never ends`);
  }
  const living = new Set((await Promise.all(store.shards.map(({ keys }) => redis.zrange(keys.live, '0', '-1')))).flat());
  for (const { id, state } of generations) if (TERMINAL.includes(state) && living.has(id)) wrong.push(`${id} is ${state} but is still listed among the unfinished`);
  return wrong;
}

/** Counters equal a recount: of the providers, and of every batch. */
async function counterFindings({ store }: Stage, generations: readonly Generation[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of PROVIDER_NAMES) {
    const counts = await countsOf(store, name);
    for (const state of STATES) {
      const counted = generations.filter((one) => one.provider === name && one.state === state).length;
      if (counts[state] !== counted) wrong.push(`the counter of ${name} ${state} says ${counts[state]}, but there are ${counted}`);
    }
  }
  for (const batch of new Set(generations.map((one) => one.batch ?? ''))) {
    const record = await readBatch(store, batch);
    const own = generations.filter((one) => one.batch === batch);
    if (record?.total !== own.length) wrong.push(`the batch ${batch} counts ${record?.total} generations, but has ${own.length}`);
    for (const state of STATES) {
      const counted = own.filter((one) => one.state === state).length;
      if (record?.counts[state] !== counted) wrong.push(`the batch ${batch} counts ${record?.counts[state]} ${state}, but there are ${counted}`);
    }
    if (record?.finishedAt == null) wrong.push(`the batch ${batch} is not finished`);
  }
  return wrong;
}

/**
 * No job is left that runs, or will run. A submit job with an old seq may wait, and that of a generation which was canceled in the queue by somebody who was
 * killed before it was removed: the gate takes it out, without effect, before it next submits.
 */
async function queueFindings({ queues }: Stage, generations: readonly Generation[]): Promise<string[]> {
  const wrong: string[] = [];
  const bySeq = new Set(generations.filter(({ state }) => state !== 'canceled').map(({ id, seq }) => `${id}-${seq}`));
  for (const queue of queues.all()) {
    for (const state of ['active', 'waiting', 'prioritized', 'delayed'] as const) {
      const jobs = await queue.getJobs([state]);
      const left = state === 'active' || !queue.name.endsWith('-submit') ? jobs : jobs.filter(({ id }) => bySeq.has(id ?? ''));
      if (left.length > 0) wrong.push(`${left.length} ${state} jobs are left over in ${queue.name}, for example ${left[0]?.id}`);
    }
  }
  return wrong;
}

/**
 * There is one terminal event for each generation, and one more for each time that people had it go on. The stream keeps the last 10,000 events, so nothing
 * can be said of longer runs.
 */
async function eventFindings({ store, redis }: Stage, { wentOn = () => 0 }: Allowance): Promise<string[]> {
  const lengths = await Promise.all(store.shards.map(({ keys }) => redis.xlen(keys.events)));
  if (lengths.some((length) => length >= 10_000)) return [];
  const ends = new Map<string, number>();
  for (let after = '0-0'; ; ) {
    const events = await readEvents(redis, store, after, 1);
    for (const { id, to } of events) if (TERMINAL.includes(to)) ends.set(id, (ends.get(id) ?? 0) + 1);
    const last = events.at(-1);
    if (last === undefined) break;
    after = last.at;
  }
  return [...ends].filter(([id, times]) => times > 1 + wentOn(id)).map(([id, times]) => `${id} has ended ${times} times`);
}
