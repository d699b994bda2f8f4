/**
 * The nonce of a round. Nobody else can guess it, and it comes out the same each time it is computed, also when a restored backup has forgotten that
 * there was a submit (docs/decisions/011): it is made with the account's API key, which is never in Redis. A submit is looked up by the nonce that is
 * recorded with it. Where that differs from what is computed now, the key was changed since, or a version drew it that did not make it so (settle/absence.ts).
 */
import { createHmac } from 'node:crypto';
import type { Account } from '@dailies/queue';

export function nonceOf({ apiKey }: Pick<Account, 'apiKey'>, clientId: string): string {
  return createHmac('sha256', apiKey.reveal()).update(`dailies nonce ${clientId}`).digest('hex').slice(0, 32);
}

/** Stands for the API key in the ledger, which must not know the key itself: what has the same mark was done with the same key. No client id has a blank. */
export function keyMarkOf(account: Pick<Account, 'apiKey'>): string {
  return nonceOf(account, 'of no submit').slice(0, 12);
}
