/**
 * The nonce of a round: unguessable for others, and the same whenever it is asked for, also when a restored backup has forgotten that there
 * was a submit (docs/decisions/011). Its secret is the account's key, which is never in Redis. A submit is looked for by the one that is recorded
 * with it: where that is another one, the key has been changed since (settle/absence.ts).
 */
import { createHmac } from 'node:crypto';
import type { Account } from '@dailies/queue';

export function nonceOf({ apiKey }: Pick<Account, 'apiKey'>, clientId: string): string {
  return createHmac('sha256', apiKey.reveal()).update(`dailies nonce ${clientId}`).digest('hex').slice(0, 32);
}
