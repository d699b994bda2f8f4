/**
 * Bull Board's access to one queue, with the ledger in front of every method that changes something. Bull Board alone would retry, remove and
 * promote jobs behind the ledger's back, and pay twice. Methods that have no meaning here are refused. A test lists all methods of Bull Board's
 * adapter, so that a new one is noticed.
 */
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { chunked, type Desk, insistPaused, type JobPayload, pause, type Pause, pauses, pauseScopes, readGenerations, resume } from '@dailies/queue';
import type { FlowProducer, Job, Queue } from 'bullmq';
import { deliveryView, promoteDelivery, removeDelivery, retryDelivery } from './delivery-actions.ts';
import { generationPath } from '../html/words.ts';
import { boardPrefix } from './board-path.ts';
import { guardJob } from './guarded-job.ts';
import { type Choice, isHistory, promoteJob, removeJob, retryJob } from './job-actions.ts';
import { jobView } from './job-view.ts';
import type { AccountsOf, QueueRole } from './queue-role.ts';
import { redactText } from '../html/redact.ts';
import { Refusal, skipRefused } from './refusal.ts';

type Base = BullMQAdapter;
const MOST_JOBS_A_PAGE = 300;
const AT_ONCE = 50;

export class LedgerAdapter extends BullMQAdapter {
  override readonly allowCompletedRetries = false;
  readonly role: QueueRole;
  readonly #desk: Desk;
  readonly #queue: Queue<JobPayload>;
  readonly #accountsOf: AccountsOf;
  #paused: Pause[] = [];

  constructor(desk: Desk, role: QueueRole, accountsOf: AccountsOf, readOnlyMode = false) {
    const queue = desk.queues.get(role.queue);
    const { number, whole } = desk.store;
    super(queue, {
      prefix: boardPrefix(number),
      displayName: whole.shards.length === 1 ? role.title : `${role.title}, shard ${number}`,
      delimiter: '-',
      readOnlyMode,
      externalJobUrl: generationLink,
    });
    this.role = role;
    this.#desk = desk;
    this.#queue = queue;
    this.#accountsOf = accountsOf;
  }

  // Looking

  /** Bull Board asks for this after `isPaused`, in the same round. */
  override getDescription(): string {
    const why = this.#paused.map(({ kind, reason }) => `PAUSED (${kind}): ${redactText(reason)}`);
    return [...why, this.role.description].join(' · ');
  }

  override async getJob(id: string): Promise<Job | undefined> {
    const job = await this.#queue.getJob(id);
    return job === undefined ? undefined : (await this.#guarded([job], 'one'))[0];
  }

  override async getJobs(...[statuses, start = 0, end = start + MOST_JOBS_A_PAGE - 1]: Parameters<Base['getJobs']>): Promise<Job[]> {
    const last = end < 0 ? start + MOST_JOBS_A_PAGE - 1 : Math.min(end, start + MOST_JOBS_A_PAGE - 1);
    const jobs = await this.#queue.getJobs(statuses.filter((status) => status !== 'paused'), start, last);
    return this.#guarded(jobs.filter(Boolean), 'many');
  }

  /** Without the tab for flows: there are none here. */
  override getJobStatuses(): ReturnType<Base['getJobStatuses']> {
    return super.getJobStatuses().filter((status) => status !== 'waiting-children');
  }

  override async getJobLogs(id: string): Promise<string[]> {
    return (await super.getJobLogs(id)).map(redactText);
  }

  /** Null: there are no flows here, and a flow producer could add jobs. */
  override async getFlowProducer(): Promise<FlowProducer | null> {
    return null;
  }

  /** Tells of the ledger's pauses, never of BullMQ's own flag, which nothing in Dailies sets. */
  override async isPaused(): Promise<boolean> {
    const { kind, provider } = this.role;
    if (provider === null) return false;
    // A person's pause and the ledger's own can exist even without an account.
    const accounts = ['', ...this.#accountsOf(provider)];
    const scopes = new Set(accounts.flatMap((account) => pauseScopes(provider.name, account)));
    const held = (await pauses(this.#desk.store.whole)).filter(({ scope }) => scopes.has(scope));
    this.#paused = kind === 'poll' ? held.filter(({ polls }) => polls) : held;
    return this.#paused.length > 0;
  }

  // Acting

  override async pause(): Promise<void> {
    await this.insist(await this.hold());
  }

  /** Pauses, and asks no replica about it yet: see `insist`. Answers the scope. */
  async hold(): Promise<string> {
    const { kind, provider } = this.role;
    if (kind === 'webhook') throw new Refusal('Webhooks are not paused: an endpoint that fails waits by itself, and is disabled after a day.');
    if (provider === null) throw new Refusal('Downloads are paid videos with links that expire: they are not paused.');
    const wish = { reason: 'paused in the dashboard', kind: 'operator', polls: kind === 'poll', isUnexplained: true };
    const scope = `operator:${provider.name}`;
    await pause(this.#desk.store.whole, scope, wish);
    return scope;
  }

  /** Throws MayBeForgotten where too few replicas have the pause. */
  async insist(scope: string): Promise<void> {
    await insistPaused({ ...this.#desk, store: this.#desk.store.whole }, scope);
  }

  override async resume(): Promise<void> {
    const { provider } = this.role;
    if (provider === null) return;
    await resume(this.#desk.store.whole, provider.name, this.#accountsOf(provider));
  }

  /** Polls and downloads only, which costs nothing. Never pays. */
  async retryAll(): Promise<{ retried: number; skipped: number }> {
    const results = await this.#each('failed', (job) => this.#actions(job, 'many').retry().then(() => true, skipRefused));
    const retried = results.filter(Boolean).length;
    return { retried, skipped: results.length - retried };
  }

  override async promoteAll(): Promise<void> {
    await this.#each('delayed', (job) => this.#actions(job, 'many').promote().catch(skipRefused));
  }

  override async clean(...[status, graceMs]: Parameters<Base['clean']>): Promise<void> {
    if (status !== 'completed' && status !== 'failed') {
      throw new Refusal('Only completed and failed jobs are cleaned: the others are work that was accepted. `dailies cancel` gives it up.');
    }
    await this.#each(status, async (job) => {
      const [generation = null] = await readGenerations(this.#desk.store, [job.data.id]);
      if ((job.finishedOn ?? 0) <= Date.now() - graceMs && isHistory(generation, job.data.seq)) await job.remove();
    });
  }

  override async empty(): Promise<void> {
    throw new Refusal('A queue is not emptied: its jobs are work that was accepted. `dailies cancel BATCH` gives it up, and says what is billed.');
  }

  override async obliterate(): Promise<void> {
    throw new Refusal('A queue is not obliterated: paid videos would be forgotten.');
  }

  override async addJob(): Promise<Job> {
    throw new Refusal('Jobs are not added by hand: a job without a generation does nothing. Use `dailies enqueue`, or the HTTP API.');
  }

  override async setGlobalConcurrency(): Promise<void> {
    throw limits();
  }
  override get supportsGlobalRateLimit(): boolean {
    return false;
  }
  override async setConfiguredRateLimit(): Promise<void> {
    throw limits();
  }
  override async removeConfiguredRateLimit(): Promise<void> {
    throw limits();
  }
  override async releaseActiveRateLimit(): Promise<void> {
    throw limits();
  }

  override get supportsJobSchedulerUpdate(): boolean {
    return false;
  }
  override get supportsJobSchedulerRun(): boolean {
    return false;
  }
  override async removeJobScheduler(): Promise<boolean> {
    throw schedulers();
  }
  override async updateJobScheduler(): ReturnType<Base['updateJobScheduler']> {
    throw schedulers();
  }
  override async runJobSchedulerNow(): ReturnType<Base['runJobSchedulerNow']> {
    throw schedulers();
  }

  /** Throws refusals, also when many jobs are acted on. */
  #actions(job: Job<JobPayload>, choice: Choice) {
    const desk = this.#desk;
    if (this.role.kind === 'webhook') {
      return { retry: () => retryDelivery(desk, job), remove: () => removeDelivery(desk, job), promote: () => promoteDelivery(desk, job) };
    }
    return { retry: () => retryJob(desk, job, choice), remove: () => removeJob(desk, job), promote: () => promoteJob(desk, this.role, job) };
  }

  async #guarded(jobs: Job<JobPayload>[], choice: Choice): Promise<Job[]> {
    const isWebhook = this.role.kind === 'webhook';
    const generations = isWebhook ? [] : await readGenerations(this.#desk.store, jobs.map(({ data }) => data.id));
    const skipped = (action: Promise<unknown>) => action.then(() => undefined, choice === 'many' ? (error: unknown) => void skipRefused(error) : undefined);
    return jobs.map((job, at) => {
      const { retry, remove, promote } = this.#actions(job, choice);
      const view = isWebhook ? deliveryView(job) : jobView(job, generations[at] ?? null);
      return guardJob(job, view, { retry: () => skipped(retry()), remove: () => skipped(remove()), promote: () => skipped(promote()) });
    });
  }

  /** Goes over the ids as they are now, since acting on a job takes it out of its list. */
  async #each<Result>(status: 'failed' | 'completed' | 'delayed', act: (job: Job<JobPayload>) => Promise<Result>): Promise<Result[]> {
    // The end is given because BullMQ returns only two by default.
    const ids = await this.#queue.getRanges([status], 0, -1);
    const results: Result[] = [];
    for (const together of chunked(ids, AT_ONCE)) {
      const jobs = await Promise.all(together.map((id) => this.#queue.getJob(id)));
      results.push(...(await Promise.all(jobs.filter((job) => job !== undefined).map(act))));
    }
    return results;
  }
}

/** Links every job to the page of its generation. */
function generationLink({ data }: { data: unknown }): { displayText: string; href: string } {
  const id = typeof data === 'object' && data !== null && 'id' in data ? String(data.id) : '';
  return { displayText: 'Generation', href: generationPath(id) };
}

function limits(): Refusal {
  return new Refusal('Limits are those of the account and are kept by the ledger: set P_MAX_IN_FLIGHT in the environment.');
}

function schedulers(): Refusal {
  return new Refusal('Dailies has no job schedulers.');
}
