/** Makes a found task this generation's own: it is recorded, polled from here on, and paid once. A task that another generation has is left to it. */
import type { Found, Task } from '@dailies/providers';
import { about, type Generation, type Patch, handOver, learn, learnLookup } from '@dailies/queue';
import type { Assignment, Upstream, WorkerContext } from '../context.ts';
import { promoteHinted } from '../poll/hint.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { cancelAccepted } from '../submit/cancel-wish.ts';
import { lookupName } from './look-up.ts';
import { markUnresolved } from './mark-unresolved.ts';

export interface Finding {
  found: { task: Task; by: Found['by'] | 'row' };
  /** Epoch milliseconds at which the submit went out, as far as that is known. */
  sentAt: number;
  /** Who named the task: a look-up of ours, or a callback, and the upstream has shown our mark on it. Or the manifest, where its row is of this generation. */
  namedBy: 'look-up' | 'callback' | 'manifest';
}

export async function adopt(context: WorkerContext, assignment: Assignment, { found, sentAt, namedBy }: Finding): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const { upstream, generation, by } = assignment;
  const taskKey = upstream.provider.taskKey(found.task);
  const { pace } = upstream.settings;
  const deadlineAt = Date.now() + pace.deadlineMs;
  const patch: Patch = { submittedAt: sentAt, deadlineAt, bill: context.prices.bill(generation, 'acceptance'), badLooks: null };
  // It was put back into the queue after that submit, which was taken off the attempts then.
  if (generation.state === 'queued') patch.attempts = generation.attempts + 1;
  const note = `found ${namedBy === 'manifest' ? 'in the manifest of its folder' : 'at the upstream'} by its ${found.by}: paid once`;
  const learned = await learn(store, generation, { round: generation.round, task: found.task, taskKey, by, patch, note, slotUntil: deadlineAt });
  if (learned.outcome === 'stray') return markUnresolved(context, assignment, 'what was found belongs to another generation');
  context.at('settle:adopted', generation.id);
  // Only a task that the look-up itself has found proves that the look-up works; on that proof rests that it is believed when it says `absent`.
  if (namedBy === 'look-up') await learnFrom(context, upstream, generation, found);
  if (learned.outcome === 'adopted') {
    await handOver(store, queues, [{ ...generation, task: found.task, state: 'rendering', seq: learned.seq }], pace.firstPollMs);
    await promoteHinted(context, generation, learned.seq);
    await cancelAccepted(context, generation, by, learned.seq);
  }
  log.info({ ...about(generation), task: taskKey, by: found.by }, 'settled: found');
  return done(note);
}

/** What this find proves of the look-up: that it shows tasks of ours, and that it echoes our nonce. A match by the request alone proves neither. */
async function learnFrom({ store }: WorkerContext, upstream: Upstream, generation: Generation, { by }: Finding['found']): Promise<void> {
  const name = lookupName(upstream, generation);
  if (by !== 'request') await learnLookup(store, generation.account, name, 'foundBefore');
  if (by === 'nonce') await learnLookup(store, generation.account, name, 'nonceSeen');
}
