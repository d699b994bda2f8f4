/**
 * When an ambiguous submit is looked up, and from when on it may be called absent. Looks come 15, 45 and 180 s after the intent with the default
 * settings; the second and the third come later where the end of the exchange came late, or its owner may have sent late. Where tasks may show
 * late, one more comes two minutes after a seen end.
 */
import { type Config, type Generation, restedFor } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';

/** The rest after a seen end where tasks may show late, in multiples of SETTLE_AFTER_MS: two minutes with the default. */
const SHOWN_LATE = 4;

/** Everything is in milliseconds from now. */
export interface LookTimes {
  /** Until the first look; 0 or less: it may be made. */
  untilFirst: number;
  /** Until the next of the looks; undefined: none is to come after this one. */
  untilNext: number | undefined;
  /** Until a further look, where the last one got no answer, or was turned away and has paused the account. */
  againMs: number;
  /** Whether the end of the exchange, or its owner's falling silent, is so long ago that what the network held has arrived: "absent" may be believed. */
  isLongAgo: boolean;
  /** Whether the end of the exchange was seen; never after a restored backup. */
  isEndSeen: boolean;
}

export async function lookTimes(context: WorkerContext, generation: Generation, sentAt: number): Promise<LookTimes> {
  const { settleSilentMs } = context.config;
  const endAfterMs = endAfter(generation, sentAt);
  const restMs = restAfterEnd(context, generation);
  const age = await ageOf(context, generation, sentAt);
  const looks = looksAt(context.config, endAfterMs, restMs);
  const next = looks.find((look) => look > age);
  return {
    untilFirst: Math.min(...looks) - age,
    untilNext: next === undefined ? undefined : next - age,
    againMs: settleSilentMs / 3,
    isLongAgo: age >= (endAfterMs === null ? SEND_WITHIN_MS + settleSilentMs : endAfterMs + restMs),
    isEndSeen: endAfterMs !== null,
  };
}

/** Milliseconds that must have passed since a seen end of the exchange before "absent" may be believed. */
export function restAfterEnd({ config: { settleAfterMs }, providers }: WorkerContext, { provider }: Generation): number {
  return providers[provider].mayShowLate === true ? settleAfterMs * SHOWN_LATE : settleAfterMs;
}

/**
 * Milliseconds from the intent to the end of the exchange; null: no end was seen. Our own time-out is an end as well, a late one: what the network
 * holds may arrive after it.
 */
function endAfter({ ambiguity }: Generation, sentAt: number): number | null {
  if (ambiguity?.endSeen !== true || ambiguity.until !== undefined) return null;
  return (ambiguity.endAt ?? sentAt) - sentAt;
}

/** Milliseconds since it was sent. */
async function ageOf({ store }: WorkerContext, generation: Generation, sentAt: number): Promise<number> {
  const until = generation.ambiguity?.until;
  // After a restored backup nobody knows when it was sent, or whether at all: its age counts from when `doctor --after-restore` put it in doubt.
  if (until !== undefined) return Date.now() - until;
  const age = Date.now() - sentAt;
  if (age >= 0) return age;
  // The clock of its sender is ahead of ours, and the looks would come as much too late. So its age by the clock of Redis counts.
  const { sinceIntentMs } = await restedFor(store, generation);
  return sinceIntentMs ?? age;
}

/** When the looks come: milliseconds after the intent, in order. */
function looksAt({ settleAfterMs, settleSilentMs }: Config, endAfterMs: number | null, restMs: number): number[] {
  const first = settleAfterMs / 2;
  const second = Math.max(settleAfterMs * 1.5, settleAfterMs + (endAfterMs ?? 0));
  const last = settleSilentMs + (endAfterMs === null ? SEND_WITHIN_MS : 0);
  const late = endAfterMs === null || restMs === settleAfterMs ? [] : [endAfterMs + restMs];
  return [first, second, ...late, last].toSorted((a, b) => a - b);
}
