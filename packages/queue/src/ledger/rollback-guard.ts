/**
 * The guard against a ledger that was rolled back: a restored backup, a fail-over to a replica that was behind. What such a ledger calls
 * queued may have been paid for in the time that is gone, so nothing is submitted until `dailies doctor --after-restore`; polls go on.
 *
 * A worker remembers the newest event of a worker that it has seen: `<ledger> <epoch> <event id>`, its mark. No person's: enough of those push
 * one another out of the stream while no worker works, and a mark that is gone from it and newer than all that workers did is of a lost time.
 * Redis itself holds the mark against the ledger with every reservation and with every intent, in the same script, so nothing can slip
 * between the look and the submit.
 * `epoch` is the time of the last --after-restore: marks from before it are settled and say nothing any more.
 *
 * Each shard has a guard and a mark of its own. One that is found rolled back holds all that its server has (docs/decisions/015).
 *
 * It must never let a submit through that it should have held; a needless hold costs a person one command.
 */
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { acknowledge } from './acknowledge.ts';
import { holdByMaster } from './hold-by-master.ts';
import { HOLD_IT } from './hold-script.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

export interface Guard {
  /** The mark as the scripts take it. */
  mark(): string;
  /**
   * The event of an intent of this process: its script has held the mark against the ledger. Never any other event: one that was made after
   * a fail-over would hide it.
   */
  saw(intent: string): void;
  /**
   * Holds the mark against the ledger, and moves it up to the newest event of a worker where it still stands and the replicas that may be
   * promoted have it: a fail-over may lose what they have not, and nothing rests on that.
   */
  advance(): Promise<void>;
}

export interface GuardState {
  ledger: string;
  /** Epoch milliseconds of the last --after-restore; 0: never. */
  epoch: number;
  /** Epoch milliseconds of the newest event of a worker in the restored copy, while the ledger is held; else null. */
  restoredAt: number | null;
}

/**
 * `remembered`: the mark that an earlier process of this machine left, or ''. A ledger that has generations and no identity, where a mark is
 * remembered, is a copy from before the first mark: rolled back.
 */
export async function openGuard(store: Store, remembered: string, replicas = 0): Promise<Guard> {
  const { keys } = store;
  const args = [randomUUID(), remembered === '' ? '' : '1'];
  const [ledger, epoch, last] = (await runScript(store, OPEN, [keys.guard, keys.all, keys.events, keys.pauses], args)) as [string, string, string];
  const [knownLedger] = remembered.split(' ');
  // Another ledger (a new Redis): what was seen of the old one says nothing about it.
  let mark = knownLedger === ledger ? remembered : `${ledger} ${epoch} ${replicas === 0 ? last : NOTHING}`;
  return {
    mark: () => mark,
    saw(intent) {
      const [ledgerOf = '', epochOf = '', event = ''] = mark.split(' ');
      if (isAfter(intent, event)) mark = `${ledgerOf} ${epochOf} ${intent}`;
    },
    async advance() {
      const held = mark;
      const newer = String(await runScript(store, ADVANCE, [keys.pauses, keys.guard, keys.events], [held]));
      const [ledgerOf, epochOf, event = ''] = newer.split(' ');
      if (event !== '' && event !== NOTHING && (await acknowledge(store, replicas, { key: keys.events, entry: event }, ACKNOWLEDGED_WITHIN_MS)) !== 'yes') return;
      const [ledgerNow, epochNow, eventNow = ''] = mark.split(' ');
      // An intent may have moved it further meanwhile.
      if (newer !== '' && (ledgerOf !== ledgerNow || epochOf !== epochNow || isAfter(event, eventNow))) mark = newer;
    },
  };
}

/** Of one shard. */
export async function guardState(store: Store): Promise<GuardState> {
  const { ledger = '', epoch = '0', restoredAt } = await store.redis.hgetall(store.keys.guard);
  return { ledger, epoch: Number(epoch), restoredAt: restoredAt === undefined ? null : Number(restoredAt) };
}

/** Those that are held: one Redis of a Cluster may be rolled back alone. */
export async function heldShards({ shards }: Store): Promise<Store[]> {
  const states = await Promise.all(shards.map((shard) => guardState(shard)));
  return shards.filter((_, at) => states[at]?.restoredAt !== null);
}

/** Holds every submit, as if a worker had noticed. Answers the time of the copy's newest event of a worker, in epoch milliseconds. */
export async function holdRestored(store: Store): Promise<number> {
  return Number(await runScript(store, HOLD, [store.keys.guard, store.keys.events, store.keys.pauses], []));
}

/**
 * Before each look of `run` through what is in doubt. The sign that is answered is only on a master that also has all that was written before it:
 * replication keeps the order.
 */
export async function signLook({ redis, keys }: Store, run: string): Promise<string> {
  const sign = randomUUID();
  await redis.set(keys.settling(run), sign, 'EX', SIGN_KEPT_SECONDS);
  return sign;
}

/**
 * What was in doubt is settled: submits go on, and marks from before this moment say nothing any more. Several shards only where one server has
 * them: they are let go in one step. `looked`: the sign of the last look through each of them. False: one is not there, so a fail-over may have
 * taken back what that look had seen, and nothing was let go.
 */
export async function releaseRestored(store: Store, shards: readonly Store[] = [store], looked: { run: string; signs: readonly string[] } = { run: '', signs: [] }): Promise<boolean> {
  const keyList = shards.flatMap(({ keys }) => [keys.guard, keys.pauses, keys.settling(looked.run)]);
  return (await runScript(store, RELEASE, keyList, shards.flatMap(({ keys }, at) => [keys.wake, randomUUID(), looked.signs[at] ?? '']))) === 1;
}

/** Whether all shards come back together when one does: one server has them. On a Cluster each master is rolled back alone. */
export function comesBackWhole({ redis }: Store): boolean {
  return !(redis instanceof Cluster);
}

/**
 * Where one of several shards is held, the others of its server are held too: they were rolled back with it, though nobody has seen anything
 * of theirs that is gone. `all`, of one server: whether one is held or not.
 */
export async function holdTogether({ whole }: Store, all = false): Promise<void> {
  if (whole.shards.length === 1) return;
  if (!comesBackWhole(whole)) return holdByMaster(whole);
  await runScript(whole, HOLD_TOGETHER, whole.shards.flatMap(({ keys }) => [keys.guard, keys.events, keys.pauses]), [all ? '1' : '0']);
}

/** Before every event: what a mark says that has seen none. */
const NOTHING = '0-0';
const ACKNOWLEDGED_WITHIN_MS = 1_000;
const SIGN_KEPT_SECONDS = 24 * 3_600;

function isAfter(one: string, other: string): boolean {
  const [a = 0, b = 0] = one.split('-').map(Number);
  const [c = 0, d = 0] = other.split('-').map(Number);
  return a > c || (a === c && b > d);
}

/** Lua: `rolled_back(pauses, guard, events, mark)` puts the hold on when the mark is not in this ledger's past. */
export const ROLLED_BACK = `
${HOLD_IT}
local function is_after(one, other)
  local a, b = string.match(one, '^(%d+)-(%d+)$')
  local c, d = string.match(other, '^(%d+)-(%d+)$')
  a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
  return a > c or (a == c and b > d)
end
local function rolled_back(pauses, guard, events, mark)
  if mark == '' then return end
  local ledger, epoch, seen = string.match(mark, '^(%S+) (%d+) (%d+%-%d+)$')
  local here, settled = unpack(redis.call('HMGET', guard, 'ledger', 'epoch'))
  epoch, settled = tonumber(epoch), tonumber(settled or '0')
  if here and (here ~= ledger or epoch < settled) then return end
  if here and epoch == settled then
    -- Its own entry is there, or is older than what the stream keeps.
    if seen == '0-0' or #redis.call('XRANGE', events, seen, seen) == 1 then return end
    local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
    if first and is_after(first[1], seen) and not is_after(seen, newest_worked(guard, events)) then return end
  end
  hold_restored(pauses, guard, newest_worked(guard, events))
end
`;

const OPEN = script(`
${HOLD_IT}
local guard, all, events, pauses = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('HSETNX', guard, 'ledger', ARGV[1]) == 1 and ARGV[2] == '1' and redis.call('ZCARD', all) > 0 then
  hold_restored(pauses, guard, newest_worked(guard, events))
end
local ledger, epoch = unpack(redis.call('HMGET', guard, 'ledger', 'epoch'))
return { ledger, epoch or '0', newest_worked(guard, events) }
`);

const ADVANCE = script(`
${ROLLED_BACK}
rolled_back(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
local ledger, epoch, held = unpack(redis.call('HMGET', KEYS[2], 'ledger', 'epoch', 'restoredAt'))
if held or not ledger then return '' end
return ledger .. ' ' .. (epoch or '0') .. ' ' .. newest_worked(KEYS[2], KEYS[3])
`);

const HOLD = script(`
${HOLD_IT}
hold_restored(KEYS[3], KEYS[1], newest_worked(KEYS[1], KEYS[2]))
return redis.call('HGET', KEYS[1], 'restoredAt')
`);

const HOLD_TOGETHER = script(`
${HOLD_IT}
local held, last, time = ARGV[1] == '1', '0-0', 0
for i = 1, #KEYS, 3 do
  held = redis.call('HEXISTS', KEYS[i], 'restoredAt') == 1 or held
  local id = newest_worked(KEYS[i], KEYS[i + 1])
  local at = tonumber(string.match(id, '^%d+'))
  -- The copy is as old as the newest that any of them knows.
  if at > time then last, time = id, at end
end
if held then
  for i = 1, #KEYS, 3 do hold_restored(KEYS[i + 2], KEYS[i], last) end
end
return held and 1 or 0
`);

const RELEASE = script(`
for i = 3, #KEYS, 3 do
  if ARGV[i] ~= '' and redis.call('GET', KEYS[i]) ~= ARGV[i] then return 0 end
end
for i = 1, #KEYS, 3 do
  redis.call('HSETNX', KEYS[i], 'ledger', ARGV[i + 1])
  redis.call('HSET', KEYS[i], 'epoch', string.format('%.0f', now))
  redis.call('HDEL', KEYS[i], 'restoredAt')
  redis.call('HDEL', KEYS[i + 1], 'ledger')
  redis.call('PUBLISH', ARGV[i], '*')
end
return 1
`);
