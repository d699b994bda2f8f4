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
 * The desks that serve a shard: first those whose accounts live there. `former`: the most shards that the ledger had before their number was changed.
 * A generation that was recorded then stays in its shard, and goes on there when a person retries it. So a shard below `former` serves all other
 * accounts as well, with one task in flight each: the limit of an account is exceeded by one such task at most.
 */
export function desksOfShard(store: Store, shard: Store, desks: readonly Desk[], former: number): Desk[] {
  return desks.flatMap((desk) => {
    if (shardOf(store, desk.account.id).number === shard.number) return [desk];
    if (shard.number >= former) return [];
    return [{ ...desk, account: { ...desk.account, maxInFlight: 1 }, settings: { ...desk.settings, maxInFlight: 1 } }];
  });
}
