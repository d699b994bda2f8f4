/**
 * What a task that was found done tells of how long tasks of its kind take; null where it tells nothing. Pure.
 *
 * Only videos: what an upstream fails ends at other times (a refusal after seconds, a time-out after an hour), and a law of both would send looks where
 * no video is. Only of a task whose looks came about as planned: after a pause, an outage or a person's retry "done since the last look" spans
 * so long that it says nothing, unless the upstream itself says when.
 */
import type { Pace } from '@dailies/providers';
import type { Generation, Sighting } from '@dailies/queue';

export interface FoundDone {
  /** Epoch milliseconds of the look. */
  at: number;
  /** By the upstream's own clock, from creation to completion. */
  tookMs?: number | undefined;
  /** When the first look at such a task is due. */
  firstWaitMs: number;
}

type Looked = Pick<Generation, 'state' | 'submittedAt' | 'lastPolledAt' | 'blindSince' | 'hintAt' | 'restored'>;

/** By which an upstream's own time may lie outside of what our looks say: its clock starts with the request, ours with the answer. */
const SLACK = 0.1;

export function sightingOf(generation: Looked, pace: Pace, { at, tookMs, firstWaitMs }: FoundDone): Sighting | null {
  const { state, submittedAt, lastPolledAt, hintAt, restored } = generation;
  if (state !== 'rendering' || submittedAt === undefined || restored === true) return null;
  const pendingAt = Math.max(submittedAt, generation.blindSince ?? lastPolledAt ?? submittedAt);
  const [afterMs, byMs] = [pendingAt - submittedAt, at - submittedAt];
  if (byMs <= 0 || afterMs > byMs) return null;
  const hintedMs = hintAt !== undefined && hintAt > pendingAt ? hintAt - submittedAt : undefined;
  const known = tookMs ?? hintedMs;
  if (known !== undefined && known > 0 && known >= afterMs * (1 - SLACK) && known <= byMs * (1 + SLACK)) {
    const exactMs = Math.min(byMs, Math.max(afterMs, known));
    return { afterMs: exactMs, byMs: exactMs };
  }
  const latestMs = afterMs === 0 ? firstWaitMs + pace.maxMs : afterMs + 2 * pace.maxMs;
  return byMs > latestMs ? null : { afterMs, byMs };
}
