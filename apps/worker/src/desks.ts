/** The desks of a worker: each of its providers with the account that it is configured for. A shard has those whose accounts live there. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { type Store, shardOf } from '@dailies/queue';
import type { Desk, WorkerContext } from './context.ts';

export function desksOf({ config, providers }: Pick<WorkerContext, 'config' | 'providers'>): Desk[] {
  return PROVIDER_NAMES.flatMap((name): Desk[] => {
    const settings = config.providers[name];
    return settings.account === null ? [] : [{ provider: providers[name], settings, account: settings.account }];
  });
}

/**
 * The desks whose accounts live in a shard. Where the ledger once had another number of shards (`former`), what a person retries goes on in the shard
 * in which it was recorded then: there every other account is served as well, one submit at a time, so that its limit is passed by one at most.
 */
export function desksOfShard(store: Store, shard: Store, desks: readonly Desk[], former: number): Desk[] {
  return desks.flatMap((desk) => {
    if (shardOf(store, desk.account.id).number === shard.number) return [desk];
    if (shard.number >= former) return [];
    return [{ ...desk, account: { ...desk.account, maxInFlight: 1 }, settings: { ...desk.settings, maxInFlight: 1 } }];
  });
}
