/**
 * Writes the outcome of a paid request to Redis, again and again for as long as Redis refuses the write (its memory is full), until the connection is
 * closed. An upstream's refusal counts as much as a task id here: were it forgotten, the generation would become a question for a person. `tell` must be
 * repeatable.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { isRedisAway } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

const AGAIN_MS = 500;

export async function untilTaken<T>({ store, log }: Pick<WorkerContext, 'store' | 'log'>, what: object, tell: () => Promise<T>): Promise<T> {
  let said = '';
  for (;;) {
    try {
      return await tell();
    } catch (error) {
      if (store.redis.status === 'end' || !isRefused(error)) throw error;
      if (error.message !== said) log.error({ ...what, reason: error.message }, 'Redis does not take what came of a submit: told again until it does');
      said = error.message;
      await rest(AGAIN_MS);
    }
  }
}

/** Whether Redis refused, for whatever reason, or is away. Anything else is a fault of ours, and is thrown. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'ReplyError' || isRedisAway(error));
}
