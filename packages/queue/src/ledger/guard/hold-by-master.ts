/**
 * On a Cluster one master may be rolled back alone, and with it all shards that it serves, though only one of them may show that something is lost. So
 * when one shard is held, the others of its master are held too. Scripts cannot span shards on a Cluster, so each is held by a script of its own; not if
 * it was settled since the first one was held. Both times are by the clock of that master.
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

/** Since when a shard is held, epoch milliseconds; null: it is not. */
async function heldSince({ redis, keys }: Store): Promise<number | null> {
  const held = await redis.hget(keys.pauses, LEDGER_SCOPE);
  return held === null ? null : pauseTime(held);
}

/** Whether two shards have a server in common, be it master or replica: right after a fail-over the table of slots is old for some slots and new for others. */
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
