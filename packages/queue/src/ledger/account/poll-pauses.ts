/**
 * For how long polls were paused: time that does not count towards a deadline. What has ended is kept in totals, of each provider for what people
 * paused, since that holds every account of it, and of each provider on each account for the rest; what still stands counts up to now.
 * Polls that several pauses hold at the same time wait once.
 */
import type { ProviderName } from '@dailies/providers';
import { shardWith } from '../../shards/routing.ts';
import { accountIn, heldBy, PAUSES_OF, pauseScopes } from './pause-scopes.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';
import type { GenerationRef } from '../transition.ts';

/** Milliseconds for which polls of its provider on its account were paused, up to now. */
export async function pollsPausedFor(ledger: Store, generation: Pick<GenerationRef, 'provider' | 'account' | 'shard'>): Promise<number> {
  const store = shardWith(ledger, generation);
  const { provider, account } = generation;
  const { pollPauses, pauses } = store.keys;
  return Number(await runScript(store, PAUSED_FOR, [pollPauses, pauses], [provider, account, pauseScopes(provider, account).join('\n')]));
}

/** The totals that a pause of `provider` adds to when it ends, and beside which other scopes: of those that still stand the time is theirs. */
export function totalsOf(scope: string, provider: ProviderName): { total: string; beside: string[] }[] {
  const account = accountIn(scope);
  // A person's holds the polls of every account, and counts in full; beside it those of accounts count only what lies before it.
  if (account === null) return [{ total: provider, beside: [] }];
  return heldBy(scope, provider).map((name) => ({ total: `${account} ${name}`, beside: pauseScopes(name, account).filter((other) => other !== scope) }));
}

/**
 * The totals of accounts from which the end of a person's pause takes what it has counted beside theirs, which go on: whoever resumes may have no key
 * of them. `standing`: the scopes of all pauses that stand.
 */
export function countedTwice(scope: string, provider: ProviderName, standing: readonly string[]): { total: string; beside: string[] }[] {
  if (accountIn(scope) !== null) return [];
  const accounts = new Set(standing.map(accountIn).filter((account) => account !== null));
  return [...accounts].map((account) => ({
    total: `${account} ${provider}`,
    beside: standing.filter((other) => accountIn(other) === account && pauseScopes(provider, account).includes(other) && heldBy(other, provider).includes(provider)),
  }));
}

/** Lua: `polls_paused(totals, pauses, provider, account, scopes)`; `scopes` as in `pauses_of`. */
export const POLLS_PAUSED = `
${PAUSES_OF}
local function polls_paused(totals, pauses, provider, account, scopes)
  local by_people, of_account = unpack(redis.call('HMGET', totals, provider, account .. ' ' .. provider))
  local since = now
  for _, pause in ipairs(pauses_of(pauses, scopes)) do
    local at = string.match(pause or '', '^(%d+)|1|')
    if at then since = math.min(since, tonumber(at)) end
  end
  return tonumber(by_people or '0') + tonumber(of_account or '0') + now - since
end
`;

const PAUSED_FOR = script(`
${POLLS_PAUSED}
return string.format('%.0f', polls_paused(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]))
`);
