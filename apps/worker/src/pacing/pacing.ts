/**
 * When this worker looks at tasks. For each kind of task it makes a plan of what all workers have seen (kept in Redis), and makes it anew every few
 * seconds while the plan is in use. What this worker sees itself is collected, and written in one go; a crash loses a few sightings, which costs some
 * polls and nothing else. Without Redis, or with learning turned off, polls follow the backoff.
 */
import { randomUUID } from 'node:crypto';
import type { Pace } from '@dailies/providers';
import {
  BoundedMap,
  type Config,
  firstWait,
  type Generation,
  type Log,
  nextWait,
  NO_PLAN,
  pollPlan,
  type PollPlan,
  readSightings,
  rememberSightings,
  type Sighting,
  type Store,
  taskKind,
} from '@dailies/queue';
import type { Meter } from '@dailies/telemetry';
import { sightingOf } from './sighting-of.ts';

type Kind = Pick<Generation, 'provider' | 'ask' | 'request'>;

export interface Pacing {
  /** Milliseconds from the accepted submit to the first look. */
  firstWait(generation: Kind, pace: Pace): Promise<number>;
  /** Milliseconds to the next look at a task that was polled `polls` times, the last time just now. */
  nextWait(generation: Kind & Pick<Generation, 'submittedAt'>, pace: Pace, polls: number): Promise<number>;
  /** Call it once the end of the task is recorded. Never throws. */
  foundDone(generation: Generation, pace: Pace, tookMs: number | undefined): void;
  /** Writes what was seen since the last time. */
  flush(): Promise<void>;
}

interface Planned {
  readAt: number;
  plan: PollPlan;
}

/** How old a plan may be before it is made anew. */
const FRESH_MS = 15_000;
/** Plans that are kept, the last made ones; requests name models and durations, and must not fill the memory. */
const MOST_KINDS = 256;

export function createPacing(config: Config, store: Store, meter: Meter, log: Log): Pacing {
  const { learned, costMs } = config.polling;
  const plans = new BoundedMap<string, Planned>(MOST_KINDS);
  const reading = new Map<string, Promise<PollPlan>>();
  let seen = new Map<string, Sighting[]>();

  async function read(kind: string, pace: Pace): Promise<PollPlan> {
    const sightings = await readSightings(store, kind);
    const plan = pollPlan(sightings, pace, costMs);
    plans.delete(kind);
    plans.set(kind, { readAt: Date.now(), plan });
    return plan;
  }

  /** Waits for Redis only where no plan of that kind is known yet; else the known one is used while a newer one is made. */
  async function planOf(generation: Kind, pace: Pace): Promise<PollPlan> {
    if (!learned) return NO_PLAN;
    const kind = taskKind(generation);
    const known = plans.get(kind);
    if (known !== undefined && Date.now() - known.readAt < FRESH_MS) return known.plan;
    let answer = reading.get(kind);
    if (answer === undefined) {
      answer = read(kind, pace)
        .catch((error: unknown) => {
          log.debug({ err: error, kind }, 'what was learned of this kind could not be read');
          return known?.plan ?? NO_PLAN;
        })
        .finally(() => reading.delete(kind));
      reading.set(kind, answer);
    }
    return known?.plan ?? answer;
  }

  return {
    firstWait: async (generation, pace) => firstWait(await planOf(generation, pace), pace),
    async nextWait(generation, pace, polls) {
      const plan = await planOf(generation, pace);
      meter.count('dailies_poll_waits_total', { provider: generation.provider, by: plan.trust > 0.5 ? 'learned' : 'backoff' });
      return nextWait(plan, pace, { polls, ageMs: Date.now() - (generation.submittedAt ?? Date.now()) });
    },
    foundDone(generation, pace, tookMs) {
      if (!learned) return;
      const kind = taskKind(generation);
      const sighting = sightingOf(generation, pace, { at: Date.now(), tookMs, firstWaitMs: firstWait(plans.get(kind)?.plan ?? NO_PLAN, pace) });
      if (sighting !== null) seen.set(kind, [...(seen.get(kind) ?? []), sighting]);
    },
    async flush() {
      if (seen.size === 0) return;
      const written = seen;
      seen = new Map();
      await rememberSightings(store, randomUUID(), written);
    },
  };
}
