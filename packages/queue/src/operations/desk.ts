/** What every operation of a person works on: the ledger and the queues. */
import type { Store } from '../ledger/store.ts';
import type { Queues } from '../queues/queues.ts';
import { locateOne } from '../shards/locate.ts';
import { shardAt } from '../shards/routing.ts';

export interface Desk {
  store: Store;
  queues: Queues;
  /** What the commands end with that messages suggest (`commandSuffix`). Default: nothing, as for a real ledger. */
  suffix?: string | undefined;
  /** How many replicas must have what a person stops (REDIS_REPLICAS). Default: 0. */
  replicas?: number | undefined;
}

/** The desk of one shard. */
export function deskAt({ store, queues, suffix, replicas }: Desk, number: number): Desk {
  if (store.shards.length === 1) return { store, queues, suffix, replicas };
  return { store: shardAt(store, number), queues: queues.of(number), suffix, replicas };
}

/** For what asks the replicas itself, once it is through. */
export function withoutReplicas(desk: Desk): Desk {
  return { ...desk, replicas: 0 };
}

/** The desk of the shard that has a generation; with one shard it is not looked for. Null: no shard has it. */
export async function deskWith(desk: Desk, id: string): Promise<Desk | null> {
  const shard = await locateOne(desk.store, id);
  return shard === null ? null : deskAt(desk, shard.number);
}
