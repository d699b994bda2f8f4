/** Makes an API key: 256 random bits, so that a plain hash of it is as good as any. */
import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '@dailies/queue';

export interface NewKey {
  /** Secret; for whom it was made, and nobody else. */
  key: string;
  /** For `API_KEYS`. */
  entry: string;
}

export function newKey(name: string, scopes: readonly Scope[]): NewKey {
  const key = `dailies_${randomBytes(32).toString('base64url')}`;
  return { key, entry: `${name}:${scopes.join('+')}:${createHash('sha256').update(key).digest('hex')}` };
}
