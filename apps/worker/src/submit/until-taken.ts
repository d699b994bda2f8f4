/**
 * What came of a paid request, told to Redis again and again where it is refused (its memory is full), until the connection is closed: a refusal
 * that is forgotten makes a question for a person as a forgotten task does. What is told must be repeatable.
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

/** Redis' own word, whatever its reason, or a connection that is gone: not a fault of ours. */
function isRefused(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'ReplyError' || isRedisAway(error));
}
