/** Makes an API key of 256 random bits, so that a plain hash of it cannot be guessed. */
import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '@dailies/queue';

export interface NewKey {
  /** The key itself, which is secret. */
  key: string;
  /** The entry for `API_KEYS`, which is no secret. */
  entry: string;
}

export function newKey(name: string, scopes: readonly Scope[]): NewKey {
  const key = `dailies_${randomBytes(32).toString('base64url')}`;
  return { key, entry: `${name}:${scopes.join('+')}:${createHash('sha256').update(key).digest('hex')}` };
}
