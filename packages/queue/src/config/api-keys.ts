/**
 * API keys as `API_KEYS` has them: a name, what it may do, and the hash of the key. The key itself only its owner has.
 * A name stands for a caller, who may have several keys while one is exchanged for another. What is kept by the name, above all an `Idempotency-Key`,
 * holds for all of them.
 */
import { z } from 'zod';

export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  name: string;
  /** `admin` contains the others; `write` does not contain `read`. */
  scopes: readonly Scope[];
  /** SHA-256 of the key, 32 bytes. */
  hash: Buffer;
}

export const API_KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const apiKeys = z.string().transform((text, context): ApiKey[] => {
  const keys: ApiKey[] = [];
  const fault = (message: string): void => context.addIssue({ code: 'custom', message });
  for (const [at, entry] of text.split(',').map((part) => part.trim()).filter((part) => part !== '').entries()) {
    const [name = '', scopes = '', hex = '', ...more] = entry.split(':');
    const known = scopes.split('+').filter((scope): scope is Scope => (SCOPES as readonly string[]).includes(scope));
    // An entry without scopes may be the key itself, given by mistake.
    const shown = API_KEY_NAME.test(name) && scopes !== '' ? `entry ${at + 1} (${name})` : `entry ${at + 1}`;
    if (!API_KEY_NAME.test(name)) fault(`${shown} has no legal name: letters, digits, ".", "_" and "-", at most 64`);
    if (known.length !== scopes.split('+').length) fault(`${shown} has unknown scopes: join read, write and admin by "+"`);
    if (!/^[0-9a-f]{64}$/i.test(hex) || more.length > 0) fault(`${shown} does not end with the SHA-256 of its key as 64 hex digits`);
    const namesake = keys.findIndex((key) => key.name === name);
    if (namesake !== -1 && !sameScopes(known, keys[namesake]?.scopes ?? [])) {
      fault(`${shown} has the name of entry ${namesake + 1} and other scopes: two keys of one name have the same`);
    }
    const hash = Buffer.from(hex, 'hex');
    // Whose it is, and what it may do, would depend on the order of the entries.
    const other = keys.findIndex((key) => hash.length > 0 && key.hash.equals(hash));
    if (other !== -1) fault(`${shown} has the key of entry ${other + 1}: give each a key of its own`);
    keys.push({ name, scopes: known, hash });
  }
  return keys;
});

function sameScopes(some: readonly Scope[], others: readonly Scope[]): boolean {
  return SCOPES.every((scope) => some.includes(scope) === others.includes(scope));
}
