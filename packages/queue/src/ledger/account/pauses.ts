/**
 * Pauses: a field in the ledger with its reason, never BullMQ's `queue.pause()` (which scrambles the order and is what an operator
 * finds in Bull Board). What each scope holds: pause-scopes.ts. The scope `ledger` stands after a restored backup until
 * `dailies doctor --after-restore` (rollback-hold.ts); `resume` does not end that one.
 */
import type { ProviderName } from '@dailies/providers';
import { shardOf } from '../../shards/routing.ts';
import { accountIn, isByPerson, LEDGER_SCOPE, pauseScopes } from './pause-scopes.ts';
import { countedTwice, totalsOf } from './poll-pauses.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export interface Pause {
  scope: string;
  /** For people. */
  reason: string;
  /** An error kind of the provider layer, or `operator`. */
  kind: string;
  at: number;
  /** When it came to the last shard; `at` is when it came to the first. */
  newest: number;
  /** Polls wait as well, and deadlines with them. */
  polls: boolean;
}

/** For people: for which other providers a resume has opened an account; empty: for none. `ended`: the scopes that it has ended. */
export function sharingText(ended: readonly string[]): string {
  return ended.some((scope) => scope.startsWith('account:acedata@')) ? 'Hailuo, Pika and Luma share that account: it is open again for all of them.' : '';
}

/** The command that ends a pause. A ledger that was rolled back is not resumed but settled. */
export function commandAfter({ scope }: Pick<Pause, 'scope'>, provider: string): string {
  return scope === LEDGER_SCOPE ? 'dailies doctor --after-restore' : `dailies resume ${provider}`;
}

interface Wish extends Pick<Pause, 'reason' | 'kind' | 'polls'> {
  /** No reason was given, and `reason` only says so. If a pause stands already, and is now to hold polls as well, it keeps its own reason. */
  isUnexplained?: boolean;
}

/**
 * Pauses a scope. Answers the pause that stands now. There is only one of a scope, and a resume ends it for everybody. Not `isNew`: it stood before, and
 * stays as it was.
 */
export async function pause(store: Store, scope: string, wish: Wish): Promise<Pick<Pause, 'reason' | 'polls'> & { isNew: boolean }> {
  const args = [scope, wish.reason, wish.kind, wish.polls ? '1' : '0', wish.isUnexplained === true ? '1' : '0'];
  const answers = await Promise.all(shardsOfScope(store, scope).map(({ redis, keys }) => runScript({ redis }, PAUSE, [keys.pauses], args)));
  const stand = answers.map((answer) => readAnswer(answer));
  const [first = { ...wish, isNew: true }] = stand;
  const { reason, polls, isNew } = stand.find((one) => !one.isNew) ?? first;
  // A call that ioredis has sent twice finds its own pause, and takes it for new.
  return { reason, polls, isNew: isNew || (reason === wish.reason && polls === wish.polls) };
}

/** Whether a resume of the provider, with these accounts, ends the pause. */
export function isEndedBy({ scope }: Pick<Pause, 'scope'>, provider: ProviderName, accounts: readonly string[]): boolean {
  return (
    scope === `operator:${provider}` ||
    (scope.startsWith('provider:') && scope.endsWith(`:${provider}`)) ||
    accounts.some((account) => scope === `account:${account}`)
  );
}

/**
 * Ends every pause that concerns the provider, of whichever account. Answers the scopes of the pauses that were ended. `seen`: the `newest` of the pauses
 * that a person was shown; none that came later is ended.
 */
export async function resume(store: Store, provider: ProviderName, accounts: readonly string[], seen = Number.MAX_SAFE_INTEGER): Promise<string[]> {
  const ended: string[] = [];
  const standing = await pauses(store);
  // A person's pause is ended last: the time for which it held polls counts in full, that of the others only as far as it lies before (poll-pauses.ts).
  for (const held of standing.toSorted((one, other) => Number(isByPerson(one)) - Number(isByPerson(other)))) {
    if (!isEndedBy(held, provider, accounts)) continue;
    const args = [
      held.scope,
      seen,
      ...totalsOf(held.scope, provider).flatMap(({ total, beside }) => ['add', total, beside.join('\n')]),
      ...countedTwice(held.scope, provider, standing.map(({ scope }) => scope)).flatMap(({ total, beside }) => ['take', total, beside.join('\n')]),
    ];
    const answers = await Promise.all(store.shards.map(({ redis, keys }) => runScript({ redis }, RESUME, [keys.pauses, keys.pollPauses], args)));
    if (answers.includes(1)) ended.push(held.scope);
  }
  await Promise.all(store.shards.map(({ redis, keys }) => redis.publish(keys.wake, '*')));
  return ended;
}

/** All pauses, each scope once. Where shards differ, the older pause counts; it holds polls if one of them does. */
export async function pauses(store: Store): Promise<Pause[]> {
  const found = new Map<string, Pause>();
  for (const fields of await Promise.all(store.shards.map(({ redis, keys }) => redis.hgetall(keys.pauses)))) {
    for (const [scope, text] of Object.entries(fields)) {
      const held = { scope, ...readPause(text) };
      const other = found.get(scope);
      if (other === undefined) found.set(scope, held);
      else {
        const older = other.at <= held.at ? other : held;
        found.set(scope, { ...older, newest: Math.max(other.newest, held.newest), polls: other.polls || held.polls });
      }
    }
  }
  return [...found.values()];
}

/** The pauses that concern one provider on one account. */
export async function pausesOf(store: Store, provider: ProviderName, account: string): Promise<Pause[]> {
  const scopes = pauseScopes(provider, account);
  return (await pauses(store)).filter((one) => scopes.includes(one.scope));
}

/** Since when a pause stands (epoch milliseconds), out of its text in the ledger. */
export function pauseTime(text: string): number {
  return readPause(text).at;
}

/** The shards in which a pause is kept: that of an account where its work is; a person's, and that of the ledger, in every shard. */
function shardsOfScope(store: Store, scope: string): readonly Store[] {
  const account = accountIn(scope);
  return account === null ? store.shards : [shardOf(store, account)];
}

function readAnswer(answer: unknown): Omit<Pause, 'scope'> & { isNew: boolean } {
  const [isNew, text] = answer as [number, string];
  return { ...readPause(text), isNew: isNew === 1 };
}

function readPause(text: string): Omit<Pause, 'scope'> {
  const [at = '0', polls = '0', kind = '', ...reason] = text.split('|');
  return { at: Number(at), newest: Number(at), polls: polls === '1', kind, reason: reason.join('|') };
}

const PAUSE = script(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
local polls, why = string.match(found or '', '^%d+|(%d)|(.*)$')
if found and not (ARGV[4] == '1' and polls == '0') then return { 0, found } end
if ARGV[5] ~= '1' or not why then why = ARGV[3] .. '|' .. ARGV[2] end
local text = now .. '|' .. ARGV[4] .. '|' .. why
redis.call('HSET', KEYS[1], ARGV[1], text)
return { 1, text }
`);

// ARGV after the scope and `seen`: `add` or `take`, a total, and the scopes beside it, joined by line breaks; the next three, …
const RESUME = script(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found then return 0 end
local at, polls = string.match(found, '^(%d+)|(%d)|')
if tonumber(at) > tonumber(ARGV[2]) then return 0 end
for i = 3, polls == '1' and #ARGV or 0, 3 do
  local earliest = now
  for scope in string.gmatch(ARGV[i + 2], '[^\\n]+') do
    local since = string.match(redis.call('HGET', KEYS[1], scope) or '', '^(%d+)|1|')
    if since then earliest = math.min(earliest, tonumber(since)) end
  end
  local before, both = earliest - tonumber(at), now - math.max(earliest, tonumber(at))
  if ARGV[i] == 'add' and before > 0 then redis.call('HINCRBY', KEYS[2], ARGV[i + 1], before) end
  if ARGV[i] == 'take' and both > 0 then redis.call('HINCRBY', KEYS[2], ARGV[i + 1], -both) end
end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
`);
