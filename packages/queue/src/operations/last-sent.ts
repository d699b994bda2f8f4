/**
 * How each account was last submitted to, as a restored copy of the ledger knows: with which key, which shows in a nonce that was made with it, and under
 * which endpoint path. What the copy calls queued may have been sent in the same way in the time that is lost. If another key or path is configured by
 * now, a look-up with that does not show it (the worker's settle/absence.ts). It only reads.
 */
import type { Ambiguity } from '../generation.ts';
import { answersOf } from '../redis/answers.ts';
import type { Store } from '../ledger/store.ts';

export interface LastSent {
  sentAs: NonNullable<Ambiguity['sentAs']>;
  endpointPath: string | undefined;
}

const PAGE = 500;
/** How many of the newest ended ones are read: more than other accounts end between two submits of one account. */
const MOST_ENDED = 10_000;

/** By account, of one shard. */
export async function lastSentOf({ redis, keys }: Store): Promise<ReadonlyMap<string, LastSent>> {
  const ids = [...(await redis.zrevrange(keys.live, '0', '-1')), ...(await redis.zrevrange(keys.ended, '0', String(MOST_ENDED - 1)))];
  const found = new Map<string, LastSent & { sendBy: number }>();
  for (let at = 0; at < ids.length; at += PAGE) {
    const pipeline = redis.pipeline();
    for (const id of ids.slice(at, at + PAGE)) pipeline.hmget(keys.generation(id), 'account', 'sendBy', 'clientId', 'nonce', 'endpointPath');
    for (const fields of (await answersOf(pipeline)) as (string | null)[][]) {
      const [account, sendBy, clientId, nonce, endpointPath] = fields.map((field) => field ?? undefined);
      if (account === undefined || sendBy === undefined || clientId === undefined || nonce === undefined) continue;
      if (Number(sendBy) <= (found.get(account)?.sendBy ?? 0)) continue;
      found.set(account, { sendBy: Number(sendBy), sentAs: { clientId, nonce }, endpointPath });
    }
  }
  return found;
}
