/**
 * When an ambiguous submit is looked up, and from when on it may be called absent. Looks come 15, 45 and 180 s after the intent with the default
 * settings; the second and the third come later where the end of the exchange came late, or its owner may have sent late. Where tasks may show
 * late, one more comes two minutes after a seen end.
 */
import { type Config, type Generation, restedFor } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';

/** In settings of `settleSilentMs`: an hour and a half with the default. */
const LOOKED_IN_VAIN = 30;
/** In settings of `settleAfterMs`: two minutes with the default. */
const SHOWN_LATE = 4;

/** Everything is in milliseconds from now. */
export interface LookTimes {
  /** Until the first look; 0 or less: it may be made. */
  untilFirst: number;
  /** Until the next of the looks; undefined: none is to come after this one. */
  untilNext: number | undefined;
  /** Until a further one, where the last of them has failed; undefined: it has failed for too long. */
  untilAgain: number | undefined;
  /** So long after its end, or after its owner has fallen silent, that what the network held has arrived: "absent" may be believed. */
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
  // A look-up that got no answer is no look: an outage must not make questions. Bounded, so that a broken look-up reaches a person.
  const againMs = settleSilentMs / 3;
  return {
    untilFirst: Math.min(...looks) - age,
    untilNext: next === undefined ? undefined : next - age,
    untilAgain: age + againMs < LOOKED_IN_VAIN * settleSilentMs ? againMs : undefined,
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
  // After a restored backup nobody knows when it was sent, or whether at all: the clock runs from the moment that was said.
  if (until !== undefined) return Date.now() - until;
  const age = Date.now() - sentAt;
  if (age >= 0) return age;
  // The clock of who sent it is ahead of ours: it would be waited for as long as they are apart. That of Redis counts then.
  const { sinceIntentMs } = await restedFor(store, generation);
  return sinceIntentMs ?? age;
}

/** Milliseconds after the intent, in their order. */
function looksAt({ settleAfterMs, settleSilentMs }: Config, endAfterMs: number | null, restMs: number): number[] {
  const first = settleAfterMs / 2;
  const second = Math.max(settleAfterMs * 1.5, settleAfterMs + (endAfterMs ?? 0));
  const last = settleSilentMs + (endAfterMs === null ? SEND_WITHIN_MS : 0);
  const late = endAfterMs === null || restMs === settleAfterMs ? [] : [endAfterMs + restMs];
  return [first, second, ...late, last].toSorted((a, b) => a - b);
}
