/**
 * Do the replicas that may be promoted have this write? WAIT alone does not tell. It waits for the writes of its own connection only, and a new connection
 * has written nothing, so it is answered at once. And after a fail-over it would ask the replicas of a master that never had the write. So each question
 * is a script and a WAIT, sent together: the script proves that the write is on this very master, and writes something itself; the WAIT waits for that.
 * Replication keeps the order, so a replica that has the later write has the earlier one too.
 *
 * WAIT holds up everything behind it on its connection, so it has one of its own.
 */
import { setTimeout as rest, setImmediate as turn } from 'node:timers/promises';
import { type RedisConnection, anotherLike, whenReady } from '../../redis/connection.ts';
import { script } from '../script.ts';
import type { Store } from '../store.ts';

/** What must be found where the WAIT is sent to: a field of a hash, or only that field; a member of a sorted set, an entry of a stream. */
export type Proof =
  | { key: string; field: string; is: string }
  | { key: string; has: string }
  | { key: string; member: string }
  | { key: string; entry: string };

/** How long replicas may take: a person, or an HTTP request, waits for the answer. */
export const PATIENCE_MS = 500;

/** `missing`: the write itself is gone; `few`: it is there, and too few replicas say that they have it. */
export type Acknowledgement = 'yes' | 'few' | 'missing';

/** `proof`: of the write that is asked about; null: asks only whether replicas follow at all. The first question also opens its connection, 2 s at most. */
export async function acknowledge(store: Store, replicas: number, proof: Proof | null, withinMs: number): Promise<Acknowledgement> {
  if (replicas === 0) return 'yes';
  const { redis, opened } = besides(store.redis);
  await opened;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) return 'few';
    const answer = asked(redis, store, { replicas, proof, withinMs: leftMs });
    const [found, have] = await Promise.race([answer, late(leftMs + GRACE_MS)]);
    if (found === 0) return 'missing';
    if (found === 1) return have >= replicas ? 'yes' : 'few';
    // Redis has refused: a slot moves, or the master has just changed. A plain command makes ioredis follow to where the slot went.
    await Promise.race([redis.exists(store.keys.acknowledged).catch(() => 0), rest(Math.max(0, deadline - Date.now()), 0, { ref: false })]);
    await rest(AGAIN_MS);
  }
}

const AGAIN_MS = 50;
/** An answer is on its way a little longer than Redis waits. */
const GRACE_MS = 200;
const LATE = [null, 0] as const;

/**
 * Where this process had no CPU for a while, the timer is due first, and the answer lies in the socket: one turn of the event loop reads it. The turn must
 * not be unref'd: Node would make it only when something else happens.
 */
async function late(ms: number): Promise<typeof LATE> {
  await rest(ms, undefined, { ref: false });
  return turn(LATE);
}

/** Both answers come from one node over one connection: a pipeline is sent whole, and if the connection is lost, what is unanswered is given up. */
async function asked(redis: RedisConnection, { keys }: Store, question: Question): Promise<readonly [number | null, number]> {
  const { replicas, proof, withinMs } = question;
  const pipeline = redis.pipeline().eval(PROVE.lua, 2, keys.acknowledged, proof?.key ?? keys.acknowledged, ...wordsOf(proof));
  const answers = await pipeline.wait(replicas, withinMs).exec().catch(() => null);
  const [[refused, found] = [null, null], [unsaid, have] = [null, 0]] = answers ?? [];
  return refused || unsaid || found === null ? [null, 0] : [Number(found), Number(have)];
}

interface Question {
  replicas: number;
  proof: Proof | null;
  withinMs: number;
}

function wordsOf(proof: Proof | null): string[] {
  if (proof === null) return [''];
  if ('field' in proof) return ['field', proof.field, proof.is];
  if ('has' in proof) return ['has', proof.has];
  return 'member' in proof ? ['member', proof.member] : ['entry', proof.entry];
}

const PROVE = script(`
local kind = ARGV[1]
if kind == 'field' and redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[3] then return 0 end
if kind == 'has' and redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then return 0 end
if kind == 'member' and not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return 0 end
if kind == 'entry' and #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], now)
return 1
`);

interface Beside {
  redis: RedisConnection;
  /** Never rejects. That a connection takes long to open, in a cluster or on a busy machine, is no silence of the replicas. */
  opened: Promise<void>;
}

const OPENED_WITHIN_MS = 2_000;
const beside = new WeakMap<RedisConnection, Beside>();

/** A second connection like this one. It is opened with the first question, and closed when this one ends. */
function besides(redis: RedisConnection): Beside {
  const known = beside.get(redis);
  if (known !== undefined) return known;
  const second = anotherLike(redis);
  // Faults are logged by the first connection, which meets the same ones.
  second.on('error', () => undefined);
  redis.once('end', () => second.disconnect());
  const made = { redis: second, opened: whenReady(second, OPENED_WITHIN_MS).catch(() => undefined) };
  beside.set(redis, made);
  return made;
}
