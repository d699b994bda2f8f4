/**
 * A worker tells the ledger every few seconds that it lives, for which accounts, which upstreams give it no usable answer, where too few replicas
 * follow, and whether its clock is wrong, so that people learn of a frozen worker, and of why nothing is submitted.
 */
import os from 'node:os';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { type Config, SPEAKS_EVERY_MS, speak, takeLeave, type WorkerWord } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { slowPoll } from '../poll/slow-poll.ts';
import { createClockWatch } from './clock-watch.ts';
import { repeat } from './repeat.ts';

export interface Presence {
  /** Call it after every poll. `outcome`: as the metrics have it. */
  sawPoll: (provider: ProviderName, outcome: string) => void;
  /** Speaks until the signal of the context aborts. */
  run(): Promise<void>;
  leave(): Promise<void>;
}

/** Bad answers in a row that are told of: one alone is no outage. */
const IN_A_ROW = 3;
/**
 * So long after the last bad answer nothing is told any more: no poll has come here since, and an answer to another worker is not seen here. It is longer
 * than two pauses of what is polled in a trickle (slow-poll.ts): in a long outage, that may be all that is polled.
 */
const TOLD_FOR_MS = 15 * 60_000;
const TOLD_FOR_PAUSES = 2.5;
const NO_ANSWER = new Set(['unavailable', 'protocol']);

/** `port`: of its health endpoints. By it a restarted worker has the same name as before; null: the name is that of the process. */
export function createPresence(
  { config, store, log, stopping, replicas }: Pick<WorkerContext, 'config' | 'store' | 'log' | 'stopping' | 'replicas'>,
  port: number | null,
): Presence {
  const name = port === null || port === 0 ? `${os.hostname()} (process ${process.pid})` : `${os.hostname()}:${port}`;
  const accounts = Object.fromEntries(
    PROVIDER_NAMES.flatMap((one) => (config.providers[one].account === null ? [] : [[one, config.providers[one].account.id]])),
  );
  const failing = new Map<ProviderName, Failing>();
  const clock = createClockWatch(log);

  async function tell(): Promise<void> {
    const asked = Date.now();
    const redis = await speak(store, name, { ...word(failing, config), fewReplicas: replicas.shut(), accounts, clockAheadMs: clock.aheadMs() });
    clock.saw(asked, redis, Date.now());
  }

  return {
    sawPoll(provider, outcome) {
      if (!NO_ANSWER.has(outcome)) return void failing.delete(provider);
      const { since, count } = failing.get(provider) ?? { since: Date.now(), count: 0 };
      failing.set(provider, { since, count: count + 1, last: Date.now() });
    },
    run: () => repeat({ log, stopping }, 'presence', tell, SPEAKS_EVERY_MS),
    leave: () => takeLeave(store, name).catch(() => undefined),
  };
}

/** Epoch milliseconds of the first and the last bad answer in a row. */
interface Failing {
  since: number;
  count: number;
  last: number;
}

/** Forgets what is over. */
function word(failing: Map<ProviderName, Failing>, { providers }: Config): Pick<WorkerWord, 'unanswered'> {
  for (const [provider, { last }] of failing) {
    const toldForMs = Math.max(TOLD_FOR_MS, TOLD_FOR_PAUSES * slowPoll(providers[provider].pace, 1));
    if (Date.now() - last > toldForMs) failing.delete(provider);
  }
  const long = [...failing].filter(([, { count }]) => count >= IN_A_ROW);
  return { unanswered: Object.fromEntries(long.map(([provider, { since }]) => [provider, since])) };
}
