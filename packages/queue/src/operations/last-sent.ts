/**
 * How each account was last submitted to, as a restored copy of the ledger knows: with which key, which shows in a nonce that was made with it, and under
 * which endpoint path. What the copy calls queued may have been sent in the same way in the time that is lost. If another key or path is configured by
 * now, a look-up with that does not show it (the worker's settle/absence.ts). It only reads.
 */
import { chunked } from '../chunked.ts';
import type { Ambiguity } from '../generation.ts';
import { fieldsOf } from '../ledger/fields-of.ts';
import { keyMarkIn } from '../sent-with.ts';
import type { Store } from '../ledger/store.ts';

/**
 * A submit with that key. Where there is one, it is one that the upstream has answered with a task, since the worker looks that task up to recognise a
 * new key. The very last submit may have been refused, or its answer may be among what is lost. The path is that of the very last one.
 */
export type SentAs = NonNullable<Ambiguity['sentAs']>;

interface Submit {
  sentAs: SentAs;
  sendBy: number;
  /** The mark of the key. An older version has recorded none. */
  key: string | undefined;
}

const PAGE = 500;
/** How many of the newest ended ones are read: more than other accounts end between two submits of one account. */
const MOST_ENDED = 10_000;
const FIELDS = ['account', 'sendBy', 'clientId', 'nonce', 'endpointPath', 'sentWith', 'taskKey', 'givenTask', 'ambiguity'] as const;

/** By account, of one shard. */
export async function lastSentOf(store: Store): Promise<ReadonlyMap<string, SentAs>> {
  const { redis, keys } = store;
  const ids = [...(await redis.zrevrange(keys.live, '0', '-1')), ...(await redis.zrevrange(keys.ended, '0', String(MOST_ENDED - 1)))];
  const last = new Map<string, Submit>();
  /** By account and key. */
  const answered = new Map<string, Submit>();
  for (const page of chunked(ids, PAGE)) {
    for (const fields of await fieldsOf(store, page.map(keys.generation), FIELDS)) {
      const [account, sendBy, clientId, nonce, endpointPath, sentWith, taskKey, givenTask, ambiguity] = fields.map((field) => field ?? undefined);
      if (account === undefined || sendBy === undefined || clientId === undefined || nonce === undefined) continue;
      const key = keyMarkIn({ nonce, sentWith });
      const path = endpointPath === undefined ? {} : { endpointPath };
      const submit = { sendBy: Number(sendBy), sentAs: { clientId, nonce, ...path }, key };
      keepNewest(last, account, submit);
      const isAnswered = taskKey !== undefined && givenTask === undefined && ambiguity === undefined;
      if (isAnswered && key !== undefined) keepNewest(answered, `${account} ${key}`, submit);
    }
  }
  return new Map(
    [...last].map(([account, { sentAs, key }]) => {
      const { clientId, nonce } = answered.get(`${account} ${key}`)?.sentAs ?? sentAs;
      return [account, { ...sentAs, clientId, nonce }];
    }),
  );
}

function keepNewest(found: Map<string, Submit>, name: string, submit: Submit): void {
  if (submit.sendBy > (found.get(name)?.sendBy ?? 0)) found.set(name, submit);
}
