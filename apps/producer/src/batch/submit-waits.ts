/**
 * What keeps providers from submitting, and is no pause, which a person ends: an open breaker, too few replicas of Redis, a wait after a refusal, no worker
 * of the account. Somebody who waits for videos is told all the same. Changes nothing.
 */
import type { ProviderName } from '@dailies/providers';
import { accountState, type Batch, cooldownLeft, isWithoutWorker, seenWorkers, shardOf, shutShards, type Store } from '@dailies/queue';
import { generationsOf } from '../lookup.ts';

export interface SubmitWait {
  provider: ProviderName;
  account: string;
  why: 'worker' | 'breaker' | 'replicas' | 'refusal';
  /** Half a sentence each. */
  reason: string;
  ends: string;
}

interface Place {
  provider: ProviderName;
  account: string;
}

/** Of the queued generations of a batch. What is held has reasons of its own. */
export async function submitWaitsOfBatch(store: Store, batch: Batch): Promise<SubmitWait[]> {
  if (batch.counts.queued === 0) return [];
  const places: Place[] = [];
  for await (const { provider, account, state, held } of generationsOf(store, { batch })) {
    if (state === 'queued' && held === undefined) places.push({ provider, account });
  }
  return submitWaits(store, places);
}

/** Of each provider and account once. `leastMs`: shorter waits after a refusal are left out. */
export async function submitWaits(store: Store, places: Iterable<Place>, leastMs = 0): Promise<SubmitWait[]> {
  const distinct = new Map([...places].map(({ provider, account }) => [`${provider} ${account}`, { provider, account }]));
  if (distinct.size === 0) return [];
  const workers = await seenWorkers(store);
  const shut = shutShards(workers);
  const found = await Promise.all(
    [...distinct.values()].map(async (place): Promise<SubmitWait[]> => {
      const [{ openSince }, leftMs] = await Promise.all([accountState(store, place.account), cooldownLeft(store, place.account)]);
      return [
        ...(isWithoutWorker(workers, place.provider, place.account) ? [withoutWorker(place)] : []),
        ...(openSince === null ? [] : [breaker(place, openSince)]),
        ...(shut.has(shardOf(store, place.account).number) ? [{ ...place, ...REPLICAS }] : []),
        ...(leftMs > leastMs ? [refusal(place, leftMs)] : []),
      ];
    }),
  );
  return found.flat();
}

function withoutWorker(place: Place): SubmitWait {
  return { ...place, why: 'worker', reason: `no worker is running that has ${place.account}`, ends: 'when one starts with its key and address' };
}

function breaker(place: Place, openSince: number): SubmitWait {
  const reason = `nobody has answered for three submits in a row (since ${new Date(openSince).toISOString()})`;
  return { ...place, why: 'breaker', reason, ends: 'when the upstream answers a free request' };
}

const REPLICAS = {
  why: 'replicas',
  reason: 'fewer replicas of Redis follow than REDIS_REPLICAS',
  ends: 'when enough of them follow; `dailies doctor` says which are missing',
} as const;

function refusal(place: Place, leftMs: number): SubmitWait {
  return { ...place, why: 'refusal', reason: 'the upstream has refused a submit for now', ends: `in ${Math.ceil(leftMs / 1000)} s` };
}
