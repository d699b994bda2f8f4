/**
 * Fills a ledger with many generations in all states, as years of work would leave them, by writing straight into its keys. For measurements only.
 * The shape of the keys is that of create-script.ts and transition-script.ts.
 */
import { PROVIDER_NAMES, type ProviderName, PROVIDERS } from '@dailies/providers';
import type { Config, State, Store } from '@dailies/queue';
import type { ChainableCommander } from 'ioredis';

const SUBJECTS = [
  'a red fox', 'an old lighthouse', 'paper boats', 'a quiet street', 'two dancers', 'a glass whale', 'warm light', 'a tin robot', 'wild horses',
  'a night train',
];
const PLACES = [
  'crosses a frozen lake', 'in heavy rain', 'on a river of ink', 'at dawn', 'over a burning desert', 'under the northern lights', 'in a crowded market',
  'behind thick fog',
];
const STYLES = [
  'slow motion, shallow focus', 'hand-held camera', 'drone shot, golden hour', 'stop motion', 'black and white film grain', 'wide lens, vivid colours',
];
const PROMPT = 'a prompt that is long enough for every provider there is';
const REQUESTS = new Map(PROVIDER_NAMES.map((name) => [name, Object(PROVIDERS[name].request.parse({ prompt: PROMPT })) as object]));
const FAILURES = [
  { kind: 'moderated', message: 'the prompt names a real person', code: '1301', retryable: false },
  { kind: 'upstream', message: 'the upstream could not make it', retryable: true },
  { kind: 'asset', message: 'the link answers 403', retryable: true },
  { kind: 'rejected', message: 'the model does not take this size', code: 'api_invalid', retryable: false },
];
const DAYS_MS = 3 * 24 * 3_600_000;
const PAGE = 2_000;
const BATCH_SIZE = 2_500;

/** Every 100 of them: 88 succeeded, 6 failed, 1 canceled, the rest on their way or in need of a person. */
export async function fillLedger({ redis, keys }: Store, config: Config, count: number): Promise<void> {
  const now = Date.now();
  for (let first = 0; first < count; first += PAGE) {
    const pipeline = redis.pipeline();
    for (let at = first; at < Math.min(count, first + PAGE); at += 1) write(pipeline, keys, madeUp(at, { count, now, config }));
    await pipeline.exec();
  }
}

interface MadeUp {
  id: string;
  provider: ProviderName;
  account: string;
  batch: string;
  state: State;
  prompt: string;
  /** Its place in the batch. */
  at: number;
  createdAt: number;
  /** Where it was submitted. */
  task: string | null;
  submittedAt: number;
  /** When it came to its state: for one that has ended, its end. */
  changedAt: number;
  hasEnded: boolean;
}

function madeUp(at: number, { count, now, config }: { count: number; now: number; config: Config }): MadeUp {
  const provider = PROVIDER_NAMES[at % PROVIDER_NAMES.length] ?? 'allegro';
  const state = stateOf(at, count);
  const id = `g${at.toString(36).padStart(8, '0')}abcdefghijkl`;
  const createdAt = Math.round(now - DAYS_MS + (DAYS_MS * at) / count);
  const submittedAt = createdAt + 20_000;
  return {
    id,
    provider,
    account: config.providers[provider].account?.id ?? `${provider}@none`,
    batch: `shoot-${Math.floor(at / BATCH_SIZE)}`,
    state,
    prompt: `${SUBJECTS[at % 10]} ${PLACES[(at >> 3) % 8]}, ${STYLES[(at >> 6) % 6]}, take ${at}`,
    at,
    createdAt,
    task: state === 'queued' ? null : `task-${id}`,
    submittedAt,
    changedAt: Math.min(now, submittedAt + 90_000 + ((at * 7_919) % 240_000)),
    hasEnded: state === 'succeeded' || state === 'failed' || state === 'canceled',
  };
}

function write(pipeline: ChainableCommander, keys: Store['keys'], one: MadeUp): void {
  const { id, provider, account, batch, state, at, createdAt, task, submittedAt, changedAt, hasEnded } = one;
  pipeline.hset(keys.generation(id), recordOf(one));
  if (task !== null) pipeline.rpush(keys.history(id), `${submittedAt}|rendering|1|accepted`, `${changedAt}|${state}|1|`);
  pipeline.zadd(keys.all, createdAt, id).zadd(keys.batchItems(batch), at, id).hincrby(keys.counts(provider), state, 1);
  pipeline.hincrby(keys.batch(batch), `n:${state}`, 1).hincrby(keys.batch(batch), 'total', 1).hsetnx(keys.batch(batch), 'createdAt', String(createdAt));
  pipeline.zadd(keys.batches, 'NX', createdAt, batch);
  if (task !== null) pipeline.hset(keys.tasks(account), task, id);
  if (hasEnded) pipeline.zadd(keys.ended, changedAt, id);
  else pipeline.zadd(keys.live, createdAt, id);
}

function recordOf({ provider, account, batch, state, prompt, at, createdAt, task, submittedAt, changedAt, hasEnded }: MadeUp): Record<string, string> {
  const record: Record<string, string> = {
    v: '1', provider, account, batch, lane: batch, priority: '1', class: '2', turn: '1', fingerprint: 'f'.repeat(64), round: '1', state,
    seq: task === null ? '1' : '3', createdAt: String(createdAt), changedAt: String(createdAt), ask: JSON.stringify({ prompt }),
    request: JSON.stringify({ ...REQUESTS.get(provider), prompt }), metadata: JSON.stringify({ shot: at % 500 }),
    createdBy: ['studio', 'web', 'nightly'][at % 3] ?? '',
  };
  if (task !== null) {
    const polls = String(3 + (at % 9));
    Object.assign(record, { task: JSON.stringify({ id: task }), taskKey: task, submittedAt: String(submittedAt), attempts: '1', polls });
  }
  if (hasEnded) record['finishedAt'] = String(changedAt);
  if (state === 'failed') record['failure'] = JSON.stringify(FAILURES[at % FAILURES.length]);
  if (state === 'unresolved') {
    record['ambiguity'] = JSON.stringify({ sentAt: submittedAt, endSeen: false, why: 'the connection was reset before an answer' });
  }
  return record;
}

function stateOf(at: number, count: number): State {
  // The newest tenth has some that still move.
  const isNew = at > count * 0.9;
  const place = at % 100;
  if (place < 6) return 'failed';
  if (place === 6) return 'canceled';
  if (isNew && place < 40) return 'queued';
  if (isNew && place === 41) return 'rendering';
  if (isNew && at % 1_000 === 42) return 'unresolved';
  if (isNew && at % 1_000 === 43) return 'overdue';
  return 'succeeded';
}
