/**
 * For how long polls were paused: this time does not count towards a deadline. Pauses that have ended are kept as totals: one for each provider, of
 * what people paused, which holds every account of it; and one for each provider on each account, of the other pauses. A pause that still stands counts
 * up to now. Time for which several pauses held the same polls counts once.
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

/**
 * The totals that a pause of `provider` adds its time to when it ends. `beside`: the other scopes that hold the same polls. As far as a pause of one of
 * those stands too, the time is counted by that one.
 */
export function totalsOf(scope: string, provider: ProviderName): { total: string; beside: string[] }[] {
  const account = accountIn(scope);
  // A person's pause holds the polls of every account, and counts in full. A pause of an account counts only what lies before a person's that stands.
  if (account === null) return [{ total: provider, beside: [] }];
  return heldBy(scope, provider).map((name) => ({ total: `${account} ${name}`, beside: pauseScopes(name, account).filter((other) => other !== scope) }));
}

/**
 * When a person's pause ends, pauses of accounts may go on, since whoever resumes may have no key of those accounts. They count the same time once more
 * when they end, so it is taken off their accounts' totals now. Answers these totals. `standing`: the scopes of all pauses that stand.
 */
export function countedTwice(scope: string, provider: ProviderName, standing: readonly string[]): { total: string; beside: string[] }[] {
  if (accountIn(scope) !== null) return [];
  const accounts = new Set(standing.map(accountIn).filter((account) => account !== null));
  return [...accounts].map((account) => ({
    total: `${account} ${provider}`,
    beside: standing
      .filter((other) => accountIn(other) === account && pauseScopes(provider, account).includes(other))
      .filter((other) => heldBy(other, provider).includes(provider)),
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
