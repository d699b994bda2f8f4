/**
 * What a callback's hint does to the polls: the next one comes at once, and when it has nothing yet, two more come quickly, since an upstream
 * may call before it can be asked. Three in a row at most; then the usual pace has its turn.
 */
import { type Generation, MOST_QUICK_POLLS, hintedSince, note, promotePoll } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import type { StepOutcome, Waiting } from '../steps/step-outcome.ts';

const QUICK_MS = 1_000;

/** Whether a callback has come for which no poll was made yet. */
export function isHinted({ hintAt = 0, hintSeen = 0 }: Pick<Generation, 'hintAt' | 'hintSeen'>): boolean {
  return hintAt > hintSeen;
}

/** Milliseconds that a poll has to wait, since hints have brought on as many polls as they may; 0: it may ask now. */
export function tooHasty({ quick = 0, usualAt = 0 }: Pick<Generation, 'quick' | 'usualAt'>): number {
  return quick < MOST_QUICK_POLLS ? 0 : Math.max(0, usualAt - Date.now());
}

/** The wait of a poll that found nothing yet: shorter where a hint says so, and ended by a hint that came during the poll. */
export async function hastened(context: WorkerContext, generation: Generation, usual: Waiting): Promise<Waiting> {
  const { id, hintAt = 0, quick = 0 } = generation;
  const hinted = isHinted(generation);
  const nth = quick < MOST_QUICK_POLLS && (hinted || quick > 0) ? quick + 1 : 0;
  // The first quick poll says when the usual one is due, and the further ones leave that as it is: no number of hints puts the usual pace off.
  const usualAt = nth === 0 ? null : nth === 1 ? Date.now() + usual.ms : (generation.usualAt ?? null);
  if (hinted || quick > 0) await note(context.store, generation, { hintSeen: hintAt, quick: nth, usualAt });
  const untilUsual = usualAt === null ? usual.ms : Math.max(0, usualAt - Date.now());
  const ms = nth > 0 && nth < MOST_QUICK_POLLS ? Math.min(untilUsual, QUICK_MS * nth) : untilUsual;
  const waits = { ...usual, ms };
  return nth < MOST_QUICK_POLLS ? untilHinted(context, id, hintAt, waits) : waits;
}

/** Makes a wait one that a hint ends, also a hint that comes before the job is delayed. */
export function interruptible(context: WorkerContext, { id, hintAt, quick = 0 }: Generation, outcome: StepOutcome): StepOutcome {
  return outcome.kind !== 'wait' || quick >= MOST_QUICK_POLLS ? outcome : untilHinted(context, id, hintAt, outcome);
}

/** Without a PUBLIC_URL no upstream is asked to call, and no hint can come. */
function untilHinted({ config, store }: WorkerContext, id: string, seen: number | undefined, waits: Waiting): Waiting {
  return config.publicUrl === null ? waits : { ...waits, hurry: () => hintedSince(store, id, seen) };
}

/** Promotes a poll whose callback came before the poll was there, while its submit was looked up. Call it after the poll is handed over. */
export async function promoteHinted({ store, queues }: WorkerContext, generation: Pick<Generation, 'id' | 'provider'>, seq: number): Promise<void> {
  if (await hintedSince(store, generation.id)) await promotePoll(queues, { id: generation.id, provider: generation.provider, seq });
}
