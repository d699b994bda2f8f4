/**
 * While the polls of a provider are paused its runner rests: no poll job is fetched, whatever the backlog.
 */
import type { Worker } from 'bullmq';
import { type JobPayload, pauses, pauseScopes } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';

export async function applyPollPauses(context: WorkerContext, runners: ReadonlyMap<Upstream, Worker<JobPayload>>): Promise<void> {
  const open = (await pauses(context.store)).filter((one) => one.polls);
  for (const [upstream, runner] of runners) {
    const scopes = pauseScopes(upstream.settings.name, upstream.account.id);
    const paused = open.some(({ scope }) => scopes.includes(scope));
    if (paused && !runner.isPaused()) await runner.pause(true);
    if (!paused && runner.isPaused()) await runner.resume();
  }
}
