/**
 * Finishes intakes over several shards that another process began. One that was decided is sealed in every shard. One that was not decided, and is so old
 * that nobody can still be deciding it, is taken back. The token of an intake begins with the number of the shard that its decision is in.
 */
import { shardAt } from '../../shards/routing.ts';
import { timeOf } from '../clock.ts';
import { ABORT, SEAL_PART, SEAL_PART_WORDS, TAKE_BACK } from './create-across-script.ts';
import { openIntake } from './create-chunk.ts';
import { inOrder } from '../script-words.ts';
import { runScript, type Store } from '../store.ts';

/** After so long an intake is decided, or its process has stopped: then the intake is ended, and a decision that comes later is refused. */
export const UNDECIDED_MS = 60_000;
const UNSEALED_MS = 3_600_000;
const FORGET_MS = 24 * 3_600_000;
/** A decision that is younger is just being sealed by the process that made it. */
const RESTED_MS = 5_000;

/** What became of an intake. `open`: it may still be decided. */
export type Fate = 'sealed' | 'gone' | 'open';

/** Finishes or ends an intake, if it is time. `ageMs`: how long ago it wrote in `shard`. */
export async function settleIntake(ledger: Store, shard: Store, token: string, ageMs: number): Promise<Fate> {
  const home = decidedAt(ledger, token);
  const decision = await home.redis.hget(home.keys.decisions, token);
  if (decision !== null && !isAborted(decision)) {
    await finishIntake(ledger, token, decision);
    return 'sealed';
  }
  if (decision === null && ageMs < UNDECIDED_MS) return 'open';
  const word = String(await runScript(home, ABORT, [home.keys.decisions], [token]));
  if (isAborted(word)) await takeBack(shard, token);
  else await finishIntake(ledger, token, word);
  return isAborted(word) ? 'gone' : 'sealed';
}

/** Seals everywhere what was decided, and forgets the decision. Repeatable. */
export async function finishIntake(ledger: Store, token: string, decision: string): Promise<void> {
  const [attended = '', base = '', , parts = '', name = ''] = decision.split('|');
  const batch = name === '' ? null : name;
  const sealing = { base: batch === null ? '' : base, attended, decides: false, latest: 0 };
  const shards = parts.split(',').filter(Boolean).map((number) => shardAt(ledger, Number(number)));
  await Promise.all(shards.map((shard) => sealPart(shard, token, batch, sealing)));
  const home = decidedAt(ledger, token);
  await home.redis.hdel(home.keys.decisions, token);
}

export interface Sealing {
  base: string;
  attended: string;
  decides: boolean;
  latest: number;
}

type Sealed = 'sealed' | 'aborted' | 'late';

export async function sealPart(shard: Store, token: string, batch: string | null, { base, attended, decides, latest }: Sealing): Promise<Sealed> {
  const { keys, args } = openIntake(shard, { batch }, token);
  const ids = await idsOf(shard, token);
  const keyList = [...keys, shard.keys.decisions, ...ids.map(shard.keys.generation)];
  const words = inOrder(SEAL_PART_WORDS, { base, attended, decides: decides ? '1' : '0', latest });
  return (await runScript(shard, SEAL_PART, keyList, [...args, ...words])) as Sealed;
}

/** Takes back what an intake has written in a shard. `ids`: only these; default: all of it. */
export async function takeBack(shard: Store, token: string, ids?: readonly string[]): Promise<void> {
  const { keys } = shard;
  const taken = ids ?? (await idsOf(shard, token));
  const keyList = [keys.all, keys.intakes, keys.intake(token), ...taken.map(keys.generation)];
  await runScript(shard, TAKE_BACK, keyList, [token, ids === undefined ? 'all' : 'some', ...taken]);
}

/** Settles what crashes have left of intakes in this shard, if they began more than `ageMs` ago. Answers how many there were. */
export async function settleIntakes(shard: Store, ageMs = UNSEALED_MS): Promise<number> {
  const { redis, keys, whole } = shard;
  const now = await timeOf(shard);
  let settled = 0;
  for (const [token, decision] of Object.entries(await redis.hgetall(keys.decisions))) {
    const decidedMs = now - Number(decision.split('|').at(-1));
    if (isAborted(decision)) {
      if (decidedMs > FORGET_MS) await redis.hdel(keys.decisions, token);
    } else if (decidedMs > RESTED_MS) {
      await finishIntake(whole, token, decision);
      settled += 1;
    }
  }
  for (const token of await redis.zrangebyscore(keys.intakes, '-inf', now - ageMs, 'LIMIT', '0', '10')) {
    if (!isOfSeveral(whole, token)) continue;
    await settleIntake(whole, shard, token, ageMs);
    settled += 1;
  }
  return settled;
}

/** Whether the token is of an intake over several shards. One of a single shard may be left from when the ledger had one. */
export function isOfSeveral({ shards }: Store, token: string): boolean {
  const [, number] = /^(\d+)\./.exec(token) ?? [];
  return number !== undefined && Number(number) < shards.length;
}

function decidedAt(ledger: Store, token: string): Store {
  return shardAt(ledger, Number(token.split('.', 1)[0]));
}

function isAborted(decision: string): boolean {
  return decision.startsWith('aborted');
}

/** The ids of what an intake has written in this shard, in the order of its list. */
export async function idsOf({ redis, keys }: Store, token: string): Promise<string[]> {
  return (await redis.lrange(keys.intake(token), 0, -1)).filter((_, at) => at % 2 === 0);
}
