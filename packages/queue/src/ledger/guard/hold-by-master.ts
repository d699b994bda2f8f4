/**
 * On a Cluster a master is rolled back alone, and with it every shard that it serves, though only one of them may show something that is gone.
 * So one that is held holds those beside it. They have no script in common: each is held by its own, unless it was settled since the other one
 * was held. Both times are of one clock, that master's.
 */
import { Cluster } from 'ioredis';
import { slotOf } from '../../shards/slot.ts';
import { HOLD_IT } from './hold-script.ts';
import { LEDGER_SCOPE } from '../account/pause-scopes.ts';
import { pauseTime } from '../account/pauses.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export async function holdByMaster({ whole }: Store): Promise<void> {
  const since = await Promise.all(whole.shards.map(heldSince));
  if (since.every((at) => at === null)) return;
  for (const shard of whole.shards) {
    if (since[shard.number] != null) continue;
    const times = whole.shards.map((other) => (sharesServer(shard, other) ? (since[other.number] ?? 0) : 0));
    const latest = Math.max(...times);
    if (latest > 0) await runScript(shard, HOLD_UNLESS_SETTLED, [shard.keys.guard, shard.keys.events, shard.keys.pauses], [latest]);
  }
}

/** Epoch milliseconds; null: it is not held. */
async function heldSince({ redis, keys }: Store): Promise<number | null> {
  const held = await redis.hget(keys.pauses, LEDGER_SCOPE);
  return held === null ? null : pauseTime(held);
}

/** The master or a replica: right after a fail-over the table of slots knows of some where they are, and of others where they were. */
function sharesServer(one: Store, other: Store): boolean {
  const { redis } = one;
  if (!(redis instanceof Cluster)) return true;
  const servers = new Set(redis.slots[slotOf(one.keys.tag)]);
  return (redis.slots[slotOf(other.keys.tag)] ?? []).some((server) => servers.has(server));
}

const HOLD_UNLESS_SETTLED = script(`
${HOLD_IT}
local guard, events, pauses = unpack(KEYS)
if tonumber(redis.call('HGET', guard, 'epoch') or '0') >= tonumber(ARGV[1]) then return 0 end
hold_restored(pauses, guard, newest_worked(guard, events))
return 1
`);
