/**
 * The guard against a ledger that was rolled back: a restored backup, or a fail-over to a replica that was behind. What such a ledger calls queued may
 * have been paid for in the time that is lost, so nothing is submitted until `dailies doctor --after-restore`; polls go on.
 *
 * Each worker remembers the newest event of a worker that it has seen, as its mark: `<ledger> <epoch> <event id>`. The ledger was rolled back if it does
 * not have that event, and the event is newer than all that workers have done in it. Events of people do not count: while no worker works they may push
 * one another out of the stream, and the mark would be taken for one of a lost time.
 * Redis itself compares the mark with the ledger, in the script of every reservation and of every intent, so that nothing can come between comparing and
 * submitting.
 * `epoch` is the time of the last --after-restore: marks from before it are settled, and say nothing any more.
 *
 * Each shard has a guard and a mark of its own. When one is found to be rolled back, all shards of its server are held (docs/decisions/015).
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
   * Moves the mark up to the event of an intent of this process, whose script has compared the mark with the ledger. Never call it with another event:
   * one that was made after a fail-over would hide the fail-over.
   */
  saw(intent: string): void;
  /**
   * Compares the mark with the ledger. If the ledger still has it, moves it up to the newest event of a worker, once the replicas that may be promoted have
   * that event: an event that they do not have may be lost by a fail-over without any harm.
   */
  advance(): Promise<void>;
  /** Whether the remembered mark is of another ledger, of which this one knows nothing. */
  readonly followsAnother: boolean;
}

/**
 * `remembered`: the mark that an earlier process of this machine left, or ''. If there is one, and the ledger has generations and no identity yet, it is
 * a copy from before the first mark: it was rolled back.
 */
export async function openGuard(store: Store, remembered: string, replicas = 0): Promise<Guard> {
  const { keys } = store;
  const args = [randomUUID(), remembered === '' ? '' : '1'];
  const [ledger, epoch, last] = (await runScript(store, OPEN, [keys.guard, keys.all, keys.events, keys.pauses], args)) as [string, string, string];
  const known = readMark(remembered);
  // A remembered mark of another ledger (there is a new Redis) says nothing about this one.
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
    followsAnother: known !== null && known.ledger !== ledger,
  };
}

/** An event id before all others: in a mark it means that no event was seen. */
const BEFORE_ALL = '0-0';
const ACKNOWLEDGED_WITHIN_MS = 1_000;

interface Mark {
  ledger: string;
  epoch: string;
  /** Stream id of the newest event of a worker that was seen. */
  event: string;
}

/** Null: the text is no mark. */
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
    -- Not rolled back: the stream has the event, or the event is older than all that the stream keeps and no later than what workers have done.
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
