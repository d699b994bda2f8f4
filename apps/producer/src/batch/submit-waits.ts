/**
 * What keeps providers from submitting without being a pause: an open breaker, too few replicas of Redis, a wait after a refusal, no worker of the account.
 * These end by themselves, but somebody who waits for videos is told of them all the same. Changes nothing.
 */
import type { ProviderName } from '@dailies/providers';
import {
  accountState, type Batch, batchIds, cooldownLeft, isWithoutWorker, readWhereabouts, seenWorkers, shardOf, shutShards, type Store, type Whereabouts,
} from '@dailies/queue';

export interface SubmitWait {
  provider: ProviderName;
  account: string;
  why: 'worker' | 'breaker' | 'replicas' | 'refusal';
  /** Half a sentence each. */
  reason: string;
  ends: string;
}

type Account = Pick<Whereabouts, 'provider' | 'account'>;

/** Of the queued generations of a batch. What is held has reasons of its own. */
export async function submitWaitsOfBatch(store: Store, batch: Batch): Promise<SubmitWait[]> {
  if (batch.counts.queued === 0) return [];
  const members = await readWhereabouts(store, await batchIds(store, batch.name));
  const waits = await submitWaits(store, members.filter(({ state, held }) => state === 'queued' && held === null));
  return waits.map((one) => (one.why === 'worker' ? { ...one, ends: batch.attended ? ENDS_ATTENDED : ENDS_UNATTENDED } : one));
}

/** Of each provider and account once. `shard`: where its work was read from, if that is known. `leastMs`: shorter waits after a refusal are left out. */
export async function submitWaits(store: Store, places: readonly (Account & { shard?: number })[], leastMs = 0): Promise<SubmitWait[]> {
  const distinct = new Map(places.map((one) => [`${one.provider} ${one.account}`, one]));
  if (distinct.size === 0) return [];
  const workers = await seenWorkers(store);
  const shut = shutShards(workers);
  const found = await Promise.all(
    [...distinct.values()].map(async ({ provider, account, shard }): Promise<SubmitWait[]> => {
      const place = { provider, account };
      const there = shardOf(store, account, shard);
      const [{ openSince }, leftMs] = await Promise.all([accountState(there, account), cooldownLeft(there, account)]);
      return [
        ...(isWithoutWorker(workers, provider, account) ? [withoutWorker(place)] : []),
        ...(openSince === null ? [] : [breaker(place, openSince)]),
        ...(shut.has(there.number) ? [{ ...place, ...REPLICAS }] : []),
        ...(leftMs > leastMs ? [refusal(place, leftMs)] : []),
      ];
    }),
  );
  return found.flat();
}

/** What a run has queued is not submitted for anybody but that run, or whoever watches it. */
const ENDS_ATTENDED = 'when its file is run again, or when a worker with that key and address starts while somebody watches it';
const ENDS_UNATTENDED = 'when one starts with its key and address';

/** Of whatever batch. */
function withoutWorker(place: Account): SubmitWait {
  const ends = 'when one starts with its key and address; what a stopped run has left, when its file is run again';
  return { ...place, why: 'worker', reason: `no worker is running that has ${place.account}`, ends };
}

function breaker(place: Account, openSince: number): SubmitWait {
  const reason = `nobody has answered for three submits in a row (since ${new Date(openSince).toISOString()})`;
  return { ...place, why: 'breaker', reason, ends: 'when the upstream answers a free request' };
}

const REPLICAS = {
  why: 'replicas',
  reason: 'fewer replicas of Redis follow than REDIS_REPLICAS',
  ends: 'when enough of them follow; `dailies doctor` says which are missing',
} as const;

function refusal(place: Account, leftMs: number): SubmitWait {
  return { ...place, why: 'refusal', reason: 'the upstream has refused a submit for now', ends: `in ${Math.ceil(leftMs / 1000)} s` };
}
