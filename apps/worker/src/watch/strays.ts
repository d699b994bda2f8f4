/**
 * The watch over strays: paid tasks that no generation waits for. Each is polled now and then until the upstream is through with it; then its slot is
 * free, and what became of it is recorded with its generation. It never changes a generation's state.
 */
import { ProviderError, type Progress } from '@dailies/providers';
import { about, type Generation, type Stray, dueStrays, endStray, forgetStrays, linkWithoutQuery, lookAgainAt, readGeneration } from '@dailies/queue';
import { type Upstream, type WorkerContext, access } from '../context.ts';
import { RESULTS_KEPT_MS, slowPoll } from '../poll/slow-poll.ts';

const PER_PASS = 20;

export async function lookAfterStrays(context: WorkerContext, upstreams: readonly Upstream[]): Promise<void> {
  const { store } = context;
  let skip = 0;
  for (let looked = 0; looked < PER_PASS; ) {
    const ids = await dueStrays(store, Date.now(), PER_PASS, skip);
    const ours = await lookAt(context, upstreams, ids);
    looked += ours;
    skip += ids.length - ours;
    if (ids.length < PER_PASS) return;
  }
}

/** Answers how many of these were for this worker to look at. Those are not due any more. */
async function lookAt(context: WorkerContext, upstreams: readonly Upstream[], ids: readonly string[]): Promise<number> {
  const { store } = context;
  let ours = 0;
  for (const id of ids) {
    const generation = await readGeneration(store, id);
    const open = (generation?.strays ?? []).filter(({ endedAt }) => endedAt === undefined);
    if (generation === null || open.length === 0) {
      await forgetStrays(store, id);
      ours += 1;
      continue;
    }
    const upstream = upstreams.find(({ settings, account }) => settings.name === generation.provider && account.id === generation.account);
    // A worker of its account looks.
    if (upstream === undefined) continue;
    ours += 1;
    await lookAgainAt(store, id, Date.now() + slowPoll(upstream.settings.pace));
    for (const stray of open) await look(context, upstream, generation, stray);
  }
  return ours;
}

async function look(context: WorkerContext, upstream: Upstream, generation: Generation, stray: Stray): Promise<void> {
  const progress = await ask(context, upstream, stray);
  const end = progress === null ? null : endOf(progress);
  if (end === null && Date.now() - generation.createdAt < RESULTS_KEPT_MS) return;
  await endStray(context.store, generation, stray, { endedAt: Date.now(), ...(end ?? { outcome: 'gone' }) });
  const facts = { ...about(generation), task: stray.taskKey, round: stray.round, ...end };
  context.log.error(facts, 'a second paid task of this generation has ended; it is not collected');
}

async function ask(context: WorkerContext, upstream: Upstream, stray: Stray): Promise<Progress | null> {
  try {
    return await upstream.provider.poll(stray.task, { access: access(upstream), http: context.http, signal: context.stopping });
  } catch (error) {
    if (error instanceof ProviderError) return null;
    throw error;
  }
}

function endOf(progress: Progress): Pick<Stray, 'source'> & { outcome: NonNullable<Stray['outcome']> } | null {
  if (progress.state === 'succeeded') return { outcome: 'succeeded', source: linkWithoutQuery(progress.assets[0].url) };
  return progress.state === 'failed' ? { outcome: 'failed' } : null;
}
