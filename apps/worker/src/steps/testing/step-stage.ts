/** One step on one generation: a real ledger, and an upstream that answers what a test says. For tests only. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FindCall, type Found, PROVIDERS, type Progress, type Provider } from '@dailies/providers';
import { openResults } from '@dailies/results';
import { type Config, createLog, encodeBill, type Generation, loadConfig, loadPrices, type Patch, type Prices, shardOf, transition } from '@dailies/queue';
import { accept, ADMISSION, newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { rigEnvironment } from '../../../../../test/support/rig.ts';
import type { Upstream, WorkerContext } from '../../context.ts';
import type { Questions } from '../../questions/questions.ts';
import type { Admission } from '../../submit/under-way.ts';

export interface StepStage {
  ledger: TestLedger;
  context: WorkerContext;
  upstream: Upstream;
  stop: AbortController;
  account: string;
  /** A queued one of Kling's, under an id that nobody chose. */
  queued(patch?: { request?: Record<string, string>; id?: string | undefined }): Promise<Generation>;
  submitting(id?: string): Promise<Generation>;
  /** Sent so many milliseconds ago, and its end seen at once. `id`: one that a person chose. */
  ambiguous(sentAgoMs: number, patch?: Patch, id?: string): Promise<Generation>;
  rendering(patch?: Patch): Promise<Generation>;
  delivery(generation: Generation): Admission;
}

interface Answers {
  submit?: Provider['submit'];
  find?: (request: never, call: FindCall) => Promise<Found | 'absent' | 'unknown'>;
  recognise?: NonNullable<Provider['recognise']>;
  mayShowLate?: boolean;
}

const ignore = (): void => undefined;

export function openStepStage(answers: Answers = {}, changes: Partial<Config> = {}): StepStage {
  const ledger = openTestLedger();
  const { store } = ledger;
  const config = { ...loadConfig(rigEnvironment('http://127.0.0.1:1', ledger.tag), { root: '.', cwd: '.' }), ...changes };
  const settings = config.providers.kling;
  if (settings.account === null) throw new Error('no account');
  const account = settings.account.id;
  const provider: Provider = { ...PROVIDERS.kling, ...answers };
  const stop = new AbortController();
  // A worker sees the shard of its accounts.
  const shard = shardOf(store, account);
  const context = {
    config,
    store: shard,
    queues: ledger.queues.of(shard.number),
    providers: { ...PROVIDERS, kling: provider },
    // There is no such folder.
    results: openResults({ outFolder: path.join(tmpdir(), ledger.tag), s3: null }),
    prices: loadPrices(null),
    log: createLog({ level: 'silent', name: 'test' }),
    replicas: { has: () => Promise.resolve('yes') },
    pacing: { nextWait: () => Promise.resolve(1_000) },
    callbacks: { wait: (_generation: Generation, usualMs: number) => usualMs },
    sawIntent: () => undefined,
    stopping: stop.signal,
    at: () => undefined,
  } as unknown as WorkerContext;
  let made = 0;

  const stage: StepStage = {
    ledger,
    context,
    stop,
    account,
    upstream: { provider, settings, account: settings.account },
    async queued({ request = { prompt: 'a little dog' }, id = `g${String((made += 1)).padStart(20, 'a').replaceAll(/[0189]/g, 'b')}` } = {}) {
      await accept(store, null, [newGeneration(id, { provider: 'kling', account, request })]);
      return ledger.generation(id);
    },
    async submitting(id) {
      const generation = await stage.queued({ id });
      await transition(store, generation, { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
      return ledger.generation(generation.id);
    },
    async ambiguous(sentAgoMs, patch = {}, id) {
      const generation = await stage.submitting(id);
      const sentAt = Date.now() - sentAgoMs;
      const ambiguity = { sentAt, endAt: sentAt, endSeen: true, why: 'reset' };
      await transition(store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.a', patch: { ambiguity, attempts: 1, ...patch } });
      return ledger.generation(generation.id);
    },
    async rendering(patch = {}) {
      const generation = await stage.submitting();
      const taskKey = `task-${generation.id}`;
      const accepted = { task: { id: taskKey }, taskKey, submittedAt: 1, deadlineAt: Date.now() + 3_600_000 };
      await transition(store, generation, { from: ['submitting'], to: 'rendering', by: '1.a', taskKey, patch: { ...accepted, ...patch } });
      return ledger.generation(generation.id);
    },
    delivery: ({ id, seq }) => ({ id, seq, token: 'here', reservation: id, admitted: ignore, used: ignore, answered: ignore, returns: ignore }),
  };
  return stage;
}

/** Bills at this moment alone: what the upstream has reported, or else one of each. */
export function billedOn(moment: 'success' | 'acceptance'): Prices {
  const bill = (amount = 1): string => encodeBill({ micros: amount * 1e6, currency: 'USD', basis: 'price', model: 'm' });
  return { doubts: [], bill: (_generation, at, reported) => (at === moment ? bill(reported?.amount) : undefined) };
}

/** Of polls: all are answered the same. */
export function answering(progress: Progress): Questions {
  return { ask: () => Promise.resolve(progress), expect: () => undefined };
}
