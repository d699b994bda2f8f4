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
import { acknowledge } from './acknowledge.ts';
import { compareStreamIds } from '../events/event-cursor.ts';
import { HOLD_IT } from './hold-script.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

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

/**
 * `remembered`: the mark that an earlier process of this machine left, or ''. A ledger that has generations and no identity, where a mark is
 * remembered, is a copy from before the first mark: rolled back.
 */
export async function openGuard(store: Store, remembered: string, replicas = 0): Promise<Guard> {
  const { keys } = store;
  const args = [randomUUID(), remembered === '' ? '' : '1'];
  const [ledger, epoch, last] = (await runScript(store, OPEN, [keys.guard, keys.all, keys.events, keys.pauses], args)) as [string, string, string];
  const known = readMark(remembered);
  // Another ledger (a new Redis): what was seen of the old one says nothing about it.
  let mark = known?.ledger === ledger ? known : { ledger, epoch, event: replicas === 0 ? last : BEFORE_ALL };
  return {
    mark: () => textOf(mark),
    saw(intent) {
      if (compareStreamIds(intent, mark.event) > 0) mark = { ...mark, event: intent };
    },
    async advance() {
      const answer = String(await runScript(store, ADVANCE, [keys.pauses, keys.guard, keys.events], [textOf(mark)]));
      const newer = readMark(answer);
      if (newer === null) return;
      const proof = { key: keys.events, entry: newer.event };
      if (newer.event !== BEFORE_ALL && (await acknowledge(store, replicas, proof, ACKNOWLEDGED_WITHIN_MS)) !== 'yes') return;
      // An intent may have moved it further meanwhile.
      if (newer.ledger !== mark.ledger || newer.epoch !== mark.epoch || compareStreamIds(newer.event, mark.event) > 0) mark = newer;
    },
  };
}

/** The event that stands before every event: what a mark says that has seen none. */
const BEFORE_ALL = '0-0';
const ACKNOWLEDGED_WITHIN_MS = 1_000;

interface Mark {
  ledger: string;
  epoch: string;
  /** Stream id of the newest event of a worker that was seen. */
  event: string;
}

/** Null: it says nothing. */
function readMark(text: string): Mark | null {
  const [, ledger = '', epoch = '', event = ''] = /^(\S+) (\d+) (\d+-\d+)$/.exec(text) ?? [];
  return ledger === '' ? null : { ledger, epoch, event };
}

function textOf({ ledger, epoch, event }: Mark): string {
  return `${ledger} ${epoch} ${event}`;
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
