/**
 * How many shards a ledger has, as it says itself: written down by the first who opens it, and held against by everybody after. Whoever counts
 * others would look for work where it is not, and put it where nobody looks. Every intake asks again, in its own script (create-script.ts).
 *
 * It is changed only while nothing is on its way. Each shard is told before shard 0, whose word is the ledger's: whoever still counts as
 * before is refused by the first that knows, and a change that was cut off in the middle is not made; the next start puts it right.
 */
import type { RedisConnection } from '../redis/connection.ts';
import { shardAt } from '../shards/routing.ts';
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
  await Promise.all(shards.slice(1).map((shard) => shard.redis.hset(shard.keys.guard, 'shards', shards.length)));
}

/**
 * For a service that starts also while Redis is away: asks now, where Redis is there, and again with every new connection. Throws OtherShards
 * when it is so at the start; later `onOther` is told.
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
  /** What is on its way in these shards, or is recorded in those that would be left. Nothing was changed. */
  | { outcome: 'refused'; from: number; why: { shard: number; open: number; kept: number }[] };

export async function changeShards(redis: RedisConnection, tag: string, to: number): Promise<ShardChange> {
  const first = openStore(redis, tag);
  const from = Number((await redis.hget(first.keys.guard, 'shards')) ?? 1);
  if (from === to) return { outcome: 'same', from };
  const { shards } = openStore(redis, tag, Math.max(from, to));
  const why: { shard: number; open: number; kept: number }[] = [];
  for (const shard of shards.slice(from)) await pauseAlike(first, shard);
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

/** What a person has paused holds every shard (pauses.ts): also one that nobody counted when it was said, and not what was said there once and is over. */
async function pauseAlike(first: Store, added: Store): Promise<void> {
  const said = Object.entries(await first.redis.hgetall(first.keys.pauses)).filter(([scope]) => scope.startsWith('operator:'));
  const left = (await added.redis.hkeys(added.keys.pauses)).filter((scope) => scope.startsWith('operator:'));
  if (left.length > 0) await added.redis.hdel(added.keys.pauses, ...left);
  if (said.length > 0) await added.redis.hset(added.keys.pauses, Object.fromEntries(said));
}

/** The most shards that it had before it had as many as now; 1: never others. Work that is retried may still be where it was then. */
export async function formerShards({ shards }: Store): Promise<number> {
  // Each that held something then has written it down: shard 0 may have been empty.
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
-- A shard that no account lives in may be the home of batches.
local kept = ARGV[3] == '1' and redis.call('ZCARD', all) + redis.call('ZCARD', batches) or 0
if open + kept > 0 then return { open, kept } end
redis.call('HSET', guard, 'shards', ARGV[1])
if redis.call('EXISTS', all) == 1 then
  redis.call('HSET', guard, 'formerShards', math.max(tonumber(ARGV[2]), tonumber(redis.call('HGET', guard, 'formerShards') or '0')))
end
return { 0, 0 }
`);
