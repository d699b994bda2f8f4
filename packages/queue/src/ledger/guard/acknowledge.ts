/**
 * Do the replicas that may be promoted have this write? WAIT alone does not tell. It waits for the writes of its own connection only, and a new connection
 * has written nothing, so it is answered at once. And after a fail-over it would ask the replicas of a master that never had the write. So each question
 * is a script and a WAIT, sent together: the script proves that the write is on this very master, and writes something itself; the WAIT waits for that.
 * Replication keeps the order, so a replica that has the later write has the earlier one too.
 *
 * WAIT holds up everything behind it on its connection, so it has one of its own. What is asked while it is out goes together after it, with one WAIT for
 * all: one by one, hundreds at the same moment would run out of time in the line, though the replicas follow.
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
  const beside = besides(store.redis);
  const { redis, opened } = beside;
  await opened;
  const deadline = Date.now() + withinMs;
  for (;;) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) return 'few';
    const answer = asked(beside, store, { replicas, proof, withinMs: leftMs });
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
const NO_ANSWER: Answer = [null, 0];

/**
 * Where this process had no CPU for a while, the timer is due first, and the answer lies in the socket: one turn of the event loop reads it. The turn must
 * not be unref'd: Node would make it only when something else happens.
 */
async function late(ms: number): Promise<Answer> {
  await rest(ms, undefined, { ref: false });
  return turn(NO_ANSWER);
}

type Answer = readonly [found: number | null, have: number];

interface Question {
  replicas: number;
  proof: Proof | null;
  withinMs: number;
}

/** Those of one shard, whose keys are on one node. */
interface Line {
  isOut: boolean;
  waiting: (Question & { answer: (answer: Answer) => void })[];
}

function asked({ redis, lines }: Beside, { keys }: Store, question: Question): Promise<Answer> {
  const line = lines.get(keys.acknowledged) ?? { isOut: false, waiting: [] };
  lines.set(keys.acknowledged, line);
  return new Promise((answer) => {
    line.waiting.push({ ...question, answer });
    if (!line.isOut) void askAll(redis, keys.acknowledged, line);
  });
}

async function askAll(redis: RedisConnection, key: string, line: Line): Promise<void> {
  line.isOut = true;
  while (line.waiting.length > 0) {
    const together = line.waiting.splice(0);
    const withinMs = Math.max(...together.map((one) => one.withinMs));
    // A connection that is never answered must not hold up those who ask later.
    const answers = await Promise.race([askTogether(redis, key, together, withinMs).catch(() => []), late(withinMs + GRACE_MS).then(() => [])]);
    together.forEach(({ answer }, at) => answer(answers[at] ?? NO_ANSWER));
  }
  line.isOut = false;
}

/** All answers come from one node over one connection: a pipeline is sent whole, and if the connection is lost, what is unanswered is given up. */
async function askTogether(redis: RedisConnection, key: string, together: readonly Question[], withinMs: number): Promise<Answer[]> {
  const pipeline = redis.pipeline();
  for (const { proof } of together) pipeline.eval(PROVE.lua, 2, key, proof?.key ?? key, ...wordsOf(proof));
  pipeline.wait(Math.max(...together.map(({ replicas }) => replicas)), withinMs);
  const answers = (await pipeline.exec()) ?? [];
  const [unsaid, have] = answers[together.length] ?? [null, 0];
  return together.map((_, at) => {
    const [refused, found] = answers[at] ?? [null, null];
    return refused || unsaid || found === null ? NO_ANSWER : [Number(found), Number(have)];
  });
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
  lines: Map<string, Line>;
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
  const made = { redis: second, lines: new Map<string, Line>(), opened: whenReady(second, OPENED_WITHIN_MS).catch(() => undefined) };
  beside.set(redis, made);
  return made;
}
