/**
 * A look-up that the upstream refuses for the key pauses the account, as such a poll does. After a restored backup, so does one that is refused for the
 * address of the machine, which may be a new one: there may be thousands of look-ups then and no poll, and each generation would become a question for
 * a person. At other times it does not, since many gateways answer a way of asking that they do not have with the same 403.
 *
 * Once for each submit in doubt and each key. A gateway may refuse nothing but look-ups, and take submits and polls: the account would be paused again
 * after every `resume`, for ever, and nobody could settle the generation. So a look-up that is refused again with the same key, after a person has
 * resumed, only counts as failed. But whoever has set another key, which is wrong as well, is told so by another pause.
 */
import type { ProviderError } from '@dailies/providers';
import { about, type Generation, note } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';
import { pauseFor } from '../steps/pause-for.ts';
import { keyMarkOf } from '../submit/nonce.ts';

/** Whether the account was paused. */
export async function turnedAway({ store, log }: WorkerContext, upstream: Upstream, generation: Generation, error: ProviderError): Promise<boolean> {
  const { account, state, ambiguity } = generation;
  const key = keyMarkOf(upstream.account);
  if (state !== 'ambiguous' || ambiguity === undefined || ambiguity.turnedAway === key) return false;
  const isForAccount = error.kind === 'auth' || (error.kind === 'ip' && ambiguity.until !== undefined);
  if (!isForAccount) return false;
  await pauseFor(store, generation, error);
  await note(store, generation, { ambiguity: { ...ambiguity, turnedAway: key } });
  log.error({ ...about(generation), account, kind: error.kind, reason: error.message }, 'paused: nothing is lost; `dailies resume` ends it');
  return true;
}
