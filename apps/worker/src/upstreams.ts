/** The upstreams of a worker: each of its providers with the account that it is configured for. A shard has those whose accounts live there. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { type Store, shardOf } from '@dailies/queue';
import type { Upstream, WorkerContext } from './context.ts';

export function upstreamsOf({ config, providers }: Pick<WorkerContext, 'config' | 'providers'>): Upstream[] {
  return PROVIDER_NAMES.flatMap((name): Upstream[] => {
    const settings = config.providers[name];
    return settings.account === null ? [] : [{ provider: providers[name], settings, account: settings.account }];
  });
}

/**
 * The upstreams that serve a shard: first those whose accounts live there. `former`: the most shards that the ledger had before their number was changed.
 * A generation that was recorded then stays in its shard, and goes on there when a person retries it. So a shard below `former` serves all other
 * accounts as well, with one task in flight each: the limit of an account is exceeded by one such task at most.
 */
export function upstreamsOfShard(store: Store, shard: Store, upstreams: readonly Upstream[], former: number): Upstream[] {
  return upstreams.flatMap((upstream) => {
    if (shardOf(store, upstream.account.id).number === shard.number) return [upstream];
    if (shard.number >= former) return [];
    return [{ ...upstream, account: { ...upstream.account, maxInFlight: 1 }, settings: { ...upstream.settings, maxInFlight: 1 } }];
  });
}
