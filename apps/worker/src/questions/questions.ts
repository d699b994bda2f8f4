/**
 * Polls of one account and service that are due at about the same time go out as one request. The first that is due opens a gathering, calls up the
 * polls that are due within two seconds and may come now, and waits less than half a second for them. No task is asked about before its time, none twice
 * at once, and no poll waits longer than that for others.
 *
 * A poll that waits in here takes up one of the deliveries that the worker can have at once. When all of them wait in here no further poll can come, so
 * everything goes out at once.
 */
import { ProviderError, type Call, type Progress, type Provider, type Task } from '@dailies/providers';
import { BoundedMap, jobId } from '@dailies/queue';
import { type Look, askTogether, hasMany } from './ask-together.ts';
import { type BatchSize, createBatchSize } from './batch-size.ts';
import { type PollJob, createDueSoon } from './due-soon.ts';

/** How long a poll waits that is alone in its gathering and expects nobody. */
const LONELY_MS = 25;
/** How long a gathering of several waits for more, whoever is still on the way. The first is late by less than half a second; the others come early. */
const GATHER_MS = 400;
/** How far ahead of its time a poll is called up. */
const AHEAD_MS = 2_000;
/** How long a task is polled alone after neither a question about many nor a poll of it alone was answered. */
const SUSPECT_MS = 600_000;
const MOST_SUSPECTS = 1_000;

export interface Questions {
  /** Like `provider.poll`, alone or together with others. `hurry` (a callback has come): at once, with whoever waits already. */
  ask(job: PollJob, task: Task, hurry: boolean): Promise<Progress>;
  /** Remembers that this poll comes again in `ms`, and may be called up after `notBeforeMs`, where that saves a request. */
  expect(job: PollJob, task: Task, ms: number, notBeforeMs: number): void;
}

export interface QuestionsOptions {
  provider: Provider;
  call: Call & { signal: AbortSignal };
  /** How many deliveries the worker can have under way at once, and how many it has. */
  hands: { capacity: number; active: () => number };
  /** Lets delayed polls come now; resolves with those that were still waiting. */
  callUp: (jobs: readonly PollJob[]) => Promise<readonly PollJob[]>;
  /** Polls every task alone. */
  alone?: boolean;
}

interface Gathering {
  group: string;
  /** The polls that have come, by task key. */
  looks: Map<string, Look>;
  /** The jobs that were called up and have not come yet. */
  expected: Set<string>;
  most: number;
  beganAt: number;
  timer: NodeJS.Timeout | undefined;
}

export function createQuestions({ provider, call, hands, callUp, alone = false }: QuestionsOptions): Questions {
  const { together } = provider;
  if (alone || !hasMany(provider) || together === undefined) return { ask: (_job, task) => provider.poll(task, call), expect: () => undefined };

  const many = provider;
  const gatherings = new Map<string, Gathering>();
  const sizes = new Map<string, BatchSize>();
  const suspects = new BoundedMap<string, number>(MOST_SUSPECTS);
  const dueSoon = createDueSoon();
  const { group: groupOf } = together;
  // At most half of the deliveries: while one question is under way the next can gather.
  const limit = Math.min(together.most, Math.max(2, Math.ceil(hands.capacity / 2)));
  /** Polls that wait in a gathering. */
  let inside = 0;
  call.signal.addEventListener('abort', () => {
    for (const gathering of gatherings.values()) for (const { fail } of close(gathering)) fail(new ProviderError('aborted', 'The worker stops.'));
  });

  return {
    ask(job, task, hurry) {
      dueSoon.forget(job);
      const key = provider.taskKey(task);
      const group = groupOf(task);
      const most = sizeOf(group).most(Date.now());
      if (call.signal.aborted || most < 2 || isSuspect(key) || gatherings.get(group)?.looks.has(key) === true) return provider.poll(task, call);
      return new Promise((tell, fail) => {
        const gathering = gatherings.get(group) ?? open(group, most, hurry);
        gathering.looks.set(key, { task, key, tell, fail });
        gathering.expected.delete(jobId(job.id, job.seq));
        inside += 1;
        if (hurry || gathering.looks.size >= gathering.most) send(gathering);
        else wait(gathering);
      });
    },
    expect(job, task, ms, notBeforeMs) {
      const now = Date.now();
      dueSoon.remember(job, groupOf(task), now + ms, now + notBeforeMs);
    },
  };

  function open(group: string, most: number, hurry: boolean): Gathering {
    const now = Date.now();
    const gathering: Gathering = { group, looks: new Map(), expected: new Set(), most, beganAt: now, timer: undefined };
    gatherings.set(group, gathering);
    const free = hands.capacity - hands.active();
    const company = hurry ? [] : dueSoon.take(group, { now, ms: AHEAD_MS, most: Math.min(most - 1, free) });
    if (company.length > 0) void callCompany(gathering, company);
    return gathering;
  }

  async function callCompany(gathering: Gathering, company: readonly PollJob[]): Promise<void> {
    for (const job of company) gathering.expected.add(jobId(job.id, job.seq));
    const coming = new Set((await callUp(company)).map(({ id, seq }) => jobId(id, seq)));
    for (const job of company) if (!coming.has(jobId(job.id, job.seq))) gathering.expected.delete(jobId(job.id, job.seq));
    if (gatherings.get(gathering.group) === gathering) wait(gathering);
  }

  function wait(gathering: Gathering): void {
    // Every delivery of the worker waits in here, so no further poll can come.
    if (inside >= hands.capacity) return [...gatherings.values()].forEach(send);
    const ms = gathering.looks.size + gathering.expected.size > 1 ? GATHER_MS : LONELY_MS;
    clearTimeout(gathering.timer);
    gathering.timer = setTimeout(() => send(gathering), Math.max(0, gathering.beganAt + ms - Date.now()));
  }

  function send(gathering: Gathering): void {
    const looks = close(gathering);
    const [first] = looks;
    if (first === undefined) return;
    if (looks.length === 1) provider.poll(first.task, call).then(first.tell, first.fail);
    else void askTogether(many, looks, call, { size: sizeOf(gathering.group), suspect, now: () => Date.now() });
  }

  function close(gathering: Gathering): Look[] {
    clearTimeout(gathering.timer);
    if (gatherings.get(gathering.group) === gathering) gatherings.delete(gathering.group);
    const looks = [...gathering.looks.values()];
    gathering.looks.clear();
    inside -= looks.length;
    return looks;
  }

  function sizeOf(group: string): BatchSize {
    const known = sizes.get(group) ?? createBatchSize(limit);
    sizes.set(group, known);
    return known;
  }

  function suspect(key: string): void {
    suspects.set(key, Date.now() + SUSPECT_MS);
  }

  function isSuspect(key: string): boolean {
    const until = suspects.get(key);
    if (until !== undefined && until <= Date.now()) suspects.delete(key);
    return until !== undefined && until > Date.now();
  }
}
