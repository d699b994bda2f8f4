/**
 * What a pause holds, by its scope: `account:<account>`, `provider:<account>:<provider>`, `operator:<provider>` (a person's, on every account), and
 * `ledger`, which holds every submit after a restored backup. The scopes are fields of one hash in the ledger: never rename one.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import type { State } from '../../states.ts';

/** The scope that holds every account: the ledger was rolled back. */
export const LEDGER_SCOPE = 'ledger';

/** All scopes that may hold a provider on an account. */
export function pauseScopes(provider: ProviderName, account: string): string[] {
  return [`account:${account}`, `provider:${account}:${provider}`, `operator:${provider}`, LEDGER_SCOPE];
}

/** Whether a pause keeps a generation from moving: any pause holds what is queued; only one that holds polls too holds what is polled or looked up. */
export function isHeldBy(
  { scope, polls }: { scope: string; polls: boolean },
  { state, provider, account }: { state: State; provider: ProviderName; account: string },
): boolean {
  const isLookedAt = state === 'rendering' || state === 'ambiguous' || state === 'overdue';
  return (state === 'queued' || (isLookedAt && polls)) && pauseScopes(provider, account).includes(scope);
}

/** Whether one of the pauses holds the whole ledger: Redis was rolled back, and nobody has settled yet what the time that is gone may have submitted. */
export function isLedgerHeld(pauses: readonly { scope: string }[]): boolean {
  return pauses.some(({ scope }) => scope === LEDGER_SCOPE);
}

export function isByPerson({ scope }: { scope: string }): boolean {
  return scope.startsWith('operator:');
}

/** Null: it holds every account. */
export function accountIn(scope: string): string | null {
  return /^account:(.+)$/.exec(scope)?.[1] ?? /^provider:(.+):[^:]+$/.exec(scope)?.[1] ?? null;
}

/** The providers whose polls a pause holds. `provider`: the one it is asked for. A pause of the shared AceData account holds the polls of all that share it. */
export function heldBy(scope: string, provider: ProviderName): readonly ProviderName[] {
  return scope.startsWith('account:acedata@') ? PROVIDER_NAMES.filter((name) => name !== 'allegro' && name !== 'kling') : [provider];
}

/** Lua: `pauses_of(key, scopes)` answers the pause of each scope, false where there is none. `scopes`: joined by line breaks, one at least. */
export const PAUSES_OF = `
local function pauses_of(key, scopes)
  local fields = {}
  for scope in string.gmatch(scopes, '[^\\n]+') do fields[#fields + 1] = scope end
  return redis.call('HMGET', key, unpack(fields))
end
`;
