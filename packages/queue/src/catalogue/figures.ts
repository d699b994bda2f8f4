/**
 * What charts and the overview show, made in one pass over the catalogue's columns (5 ms for 200,000). Whoever shows it keeps the result for a second,
 * so that ten open pages cost one pass. A generation counts by its state now: one that failed and was retried does not count as a failure any more.
 */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { STATES } from '../states.ts';
import type { Catalogue } from './catalogue.ts';
import { DurationHistogram } from './duration-histogram.ts';

export interface ProviderFigures {
  /** Epoch milliseconds since when the oldest has waited, or has been rendered; null when there is none. */
  oldestQueued: number | null;
  oldestRendering: number | null;
  /** Epoch milliseconds of the last submit or end; 0 when there was none. */
  lastMove: number;
  /** Videos stored in the last ten minutes, hour, and day. */
  videos: { tenMinutes: number; hour: number; day: number };
  failures: { hour: number; day: number };
  /** From accepted to stored, of the last day's videos, without those whose files were fetched again: milliseconds. */
  timeToVideo: { count: number; p50: number | null; p95: number | null; mean: number | null };
  /** Of the same. */
  pollsPerVideo: number | null;
}

export interface Figures {
  at: number;
  providers: Record<ProviderName, ProviderFigures>;
  /** Ends of the last 48 hours in steps of ten minutes; `starts` are epoch milliseconds. */
  series: { starts: number[]; videos: Record<ProviderName, number[]>; failures: Record<string, number[]> };
}

const STEP_MS = 600_000;
const STEPS = 288;
const HOUR = 3_600_000;
const [QUEUED, RENDERING, SUCCEEDED, FAILED] = [STATES.indexOf('queued'), STATES.indexOf('rendering'), STATES.indexOf('succeeded'), STATES.indexOf('failed')];

export function figuresOf(catalogue: Catalogue, now: number): Figures {
  const firstStep = Math.floor(now / STEP_MS) - STEPS + 1;
  const starts = Array.from({ length: STEPS }, (_, at) => (firstStep + at) * STEP_MS);
  const failures: Record<string, number[]> = {};
  const tallies = new Map(PROVIDER_NAMES.map((name) => [catalogue.providers.numberOf(name), newTally()]));
  const { state, provider, kind, createdAt, submittedAt, finishedAt, polls, refetched, size } = catalogue;

  for (let row = 0; row < size; row += 1) {
    const tally = tallies.get(provider[row] ?? 0);
    if (tally === undefined) continue;
    const stands = state[row];
    tally.lastMove = Math.max(tally.lastMove, submittedAt[row] ?? 0, finishedAt[row] ?? 0);
    if (stands === QUEUED) tally.oldestQueued = Math.min(tally.oldestQueued, createdAt[row] ?? Infinity);
    else if (stands === RENDERING) tally.oldestRendering = Math.min(tally.oldestRendering, submittedAt[row] || Infinity);
    if (stands !== SUCCEEDED && stands !== FAILED) continue;
    const end = finishedAt[row] ?? 0;
    const step = Math.floor(end / STEP_MS) - firstStep;
    if (step < 0 || step >= STEPS) continue;
    const age = now - end;
    if (stands === SUCCEEDED) {
      tally.steps[step] = (tally.steps[step] ?? 0) + 1;
      countVideo(tally, age, refetched[row] === 1 ? null : { took: end - (submittedAt[row] ?? 0), polls: polls[row] ?? 0 });
    } else {
      const name = catalogue.kinds.nameOf(kind[row] ?? 0) || 'other';
      const line = (failures[name] ??= Array.from({ length: STEPS }, () => 0));
      line[step] = (line[step] ?? 0) + 1;
      if (age <= HOUR) tally.failures.hour += 1;
      if (age <= 24 * HOUR) tally.failures.day += 1;
    }
  }

  const byProvider = <Value>(of: (tally: Tally) => Value) =>
    Object.fromEntries(PROVIDER_NAMES.map((name) => [name, of(tallies.get(catalogue.providers.numberOf(name)) ?? newTally())])) as Record<ProviderName, Value>;
  return { at: now, providers: byProvider(readTally), series: { starts, videos: byProvider(({ steps }) => steps), failures } };
}

interface Tally {
  oldestQueued: number;
  oldestRendering: number;
  lastMove: number;
  videos: ProviderFigures['videos'];
  failures: ProviderFigures['failures'];
  times: DurationHistogram;
  polls: number;
  steps: number[];
}

function newTally(): Tally {
  return {
    oldestQueued: Infinity,
    oldestRendering: Infinity,
    lastMove: 0,
    videos: { tenMinutes: 0, hour: 0, day: 0 },
    failures: { hour: 0, day: 0 },
    times: new DurationHistogram(),
    polls: 0,
    steps: Array.from({ length: STEPS }, () => 0),
  };
}

/** Null: its files were there before. */
function countVideo(tally: Tally, age: number, made: { took: number; polls: number } | null): void {
  if (age <= STEP_MS) tally.videos.tenMinutes += 1;
  if (age <= HOUR) tally.videos.hour += 1;
  if (age > 24 * HOUR) return;
  tally.videos.day += 1;
  if (made === null) return;
  tally.polls += made.polls;
  tally.times.add(made.took);
}

function readTally({ oldestQueued, oldestRendering, lastMove, videos, failures, times, polls }: Tally): ProviderFigures {
  return {
    oldestQueued: Number.isFinite(oldestQueued) ? oldestQueued : null,
    oldestRendering: Number.isFinite(oldestRendering) ? oldestRendering : null,
    lastMove,
    videos,
    failures,
    timeToVideo: { count: times.count, p50: times.quantile(0.5), p95: times.quantile(0.95), mean: times.meanMs() },
    pollsPerVideo: times.count === 0 ? null : polls / times.count,
  };
}
