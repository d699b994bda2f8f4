/**
 * How many shards a ledger has. The first process that opens the ledger writes its SHARDS down, and every later one compares: a process with another
 * number would look for work where there is none, and put work where nobody looks. Every intake compares once more, in its own script (create-script.ts).
 *
 * The number is changed only while nothing is on its way. The other shards are told the new number before shard 0, which decides. A process with the old
 * number is refused by the first shard that knows the new one. A change that was cut off before shard 0 is not made, and the next start undoes it.
 */
import type { RedisConnection } from '../redis/connection.ts';
import { shardAt } from '../shards/routing.ts';
import { dropUnsealed } from './create/drop-unsealed.ts';
import { settleIntakes, UNDECIDED_MS } from './create/settle-intakes.ts';
import { script } from './script.ts';
import { openStore, runScript, type Store } from './store.ts';

/** SHARDS is not what the ledger says. */
export class OtherShards extends Error {
  override readonly name = 'OtherShards';

  constructor(configured: number, recorded: number) {
    super(
      `SHARDS=${configured}, but this ledger has ${recorded}. Nothing was done. Set SHARDS=${recorded} for every process; or, while nothing is on its way, ` +
        `stop all of them and change the ledger: SHARDS=${configured} dailies doctor --shards`,
    );
  }
}

/** Throws OtherShards. Call it before anything else is done with the ledger. */
export async function agreeOnShards(store: Store): Promise<void> {
  const { shards } = store;
  const recorded = Number(await runScript(store, AGREE, [shardAt(store, 0).keys.guard], [shards.length]));
  if (recorded !== shards.length) throw new OtherShards(shards.length, recorded);
  await Promise.all(shards.slice(1).map((shard) => writeDown(shard, shards.length)));
}

/** Only where it is not written yet: a master of a Cluster that is full takes no write, and must not keep a process from what it can do. */
async function writeDown({ redis, keys }: Store, count: number): Promise<void> {
  if ((await redis.hget(keys.guard, 'shards')) !== String(count)) await redis.hset(keys.guard, 'shards', count);
}

/**
 * For a service that may start while Redis is away: compares now, if Redis is there, and again with every new connection. If the numbers differ it
 * throws OtherShards now; later it calls `onOther`.
 */
export async function keepAgreed(store: Store, onOther: (error: OtherShards) => void): Promise<void> {
  store.redis.on('ready', () => void agreeOnShards(store).catch((error: unknown) => (error instanceof OtherShards ? onOther(error) : undefined)));
  if (store.redis.status !== 'ready') return;
  await agreeOnShards(store).catch((error: unknown) => {
    if (error instanceof OtherShards) throw error;
  });
}

type ShardChange =
  | { outcome: 'changed' | 'same'; from: number }
  /** `open`: what is on its way in a shard; `kept`: what is recorded in a shard that would be left. Nothing was changed. */
  | { outcome: 'refused'; from: number; why: { shard: number; open: number; kept: number }[] };

export async function changeShards(redis: RedisConnection, tag: string, to: number): Promise<ShardChange> {
  const first = openStore(redis, tag);
  const from = Number((await redis.hget(first.keys.guard, 'shards')) ?? 1);
  if (from === to) return { outcome: 'same', from };
  const { shards } = openStore(redis, tag, Math.max(from, to));
  const why: { shard: number; open: number; kept: number }[] = [];
  for (const shard of shards.slice(from)) await pauseAlike(first, shard);
  for (const shard of shards) await endIntakes(shard);
  // Shard 0 last: until then the ledger has as many as before.
  for (const shard of shards.toReversed()) {
    const { keys } = shard;
    const keyList = [keys.guard, keys.live, keys.intakes, keys.decisions, keys.strays, keys.all, keys.batches];
    const [open = 0, kept = 0] = (await runScript(shard, CHANGE, keyList, [to, from, shard.number >= to ? '1' : '0'])) as number[];
    if (open + kept > 0) why.push({ shard: shard.number, open, kept });
    if (why.length > 0) break;
  }
  if (why.length === 0) return { outcome: 'changed', from };
  await agreeOnShards(openStore(redis, tag, from));
  return { outcome: 'refused', from, why };
}

/**
 * What was written of intakes and never sealed, after a crash or a conflict, is no work on its way. A worker would take it away an hour later, but no
 * worker runs now. If an intake is only slow, its process is told that it is not accepted.
 */
async function endIntakes(shard: Store): Promise<void> {
  while ((await settleIntakes(shard, UNDECIDED_MS)) + (await dropUnsealed(shard, UNDECIDED_MS)) > 0);
}

/** A person's pause holds every shard (pauses.ts). A shard that is added gets those that stand now, and loses those that it has from an earlier time. */
async function pauseAlike(first: Store, added: Store): Promise<void> {
  const said = Object.entries(await first.redis.hgetall(first.keys.pauses)).filter(([scope]) => scope.startsWith('operator:'));
  const left = (await added.redis.hkeys(added.keys.pauses)).filter((scope) => scope.startsWith('operator:'));
  if (left.length > 0) await added.redis.hdel(added.keys.pauses, ...left);
  if (said.length > 0) await added.redis.hset(added.keys.pauses, Object.fromEntries(said));
}

/** The most shards that the ledger ever had before it had as many as now; 0: it never had another number. Work of that time may still be retried there. */
export async function formerShards({ shards }: Store): Promise<number> {
  // A shard that held something at the change has written it down; shard 0 may have been empty, so all are asked.
  const known = await Promise.all(shards.map(({ redis, keys }) => redis.hget(keys.guard, 'formerShards')));
  return Math.max(...known.map((number) => Number(number ?? 0)));
}

const AGREE = script(`
local recorded = redis.call('HGET', KEYS[1], 'shards')
if recorded then return tonumber(recorded) end
redis.call('HSET', KEYS[1], 'shards', ARGV[1])
return tonumber(ARGV[1])
`);

const CHANGE = script(`
local guard, live, intakes, decisions, strays, all, batches = unpack(KEYS)
local open = redis.call('ZCARD', live) + redis.call('ZCARD', intakes) + redis.call('ZCARD', strays)
for _, decision in ipairs(redis.call('HVALS', decisions)) do
  if not string.find(decision, '^aborted') then open = open + 1 end
end
-- Batches count too: a shard that no account lives in may be the home of some.
local kept = ARGV[3] == '1' and redis.call('ZCARD', all) + redis.call('ZCARD', batches) or 0
if open + kept > 0 then return { open, kept } end
redis.call('HSET', guard, 'shards', ARGV[1])
if redis.call('EXISTS', all) == 1 then
  redis.call('HSET', guard, 'formerShards', math.max(tonumber(ARGV[2]), tonumber(redis.call('HGET', guard, 'formerShards') or '0')))
end
return { 0, 0 }
`);
