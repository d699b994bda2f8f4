/**
 * Many generations that wait for their polls: how late the polls come, what a poll costs, and what memory a waiting generation takes in Redis and
 * in the workers. The rate of polls is the same for 1,000, 10,000 and 100,000: half of what one worker has just been measured to do.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as rest } from 'node:timers/promises';
import { costOf } from './pipeline/process-cost.ts';
import { loadNow, writeResults } from './results.ts';
import { type Shares, rounded, sharesOf } from './statistics.ts';
import { type House, openHouse, residentMiB, spentSoFar } from './house/house.ts';
import { acceptWaiting, dueAt, handOverWaiting, type Schedule } from './house/waiting.ts';

const COUNTS = [1_000, 10_000, 100_000] as const;
const CAPACITY_TASKS = 6_000;
const SETTLE_MS = 6_000;
const WINDOW_MS = 20_000;

interface Measured {
  waiting: number;
  workers: number;
  pollsPerSecond: number;
  /** Null where so few wait that all had their first poll before the window. */
  latenessMs: (Shares & { polls: number }) | null;
  /** A poll's share of everything that happened meanwhile. */
  workerCpuMsPerPoll: number;
  redisCpuMsPerPoll: number;
  commandsPerPoll: number;
  workerMiB: number;
  workerPeakMiB: number;
  /** Of one worker to Redis. */
  connections: number;
  readySeconds: number;
}

export async function inFlight(say: (line: string) => void, largest: number = COUNTS[2]): Promise<void> {
  const load = loadNow();
  const capacity = await capacityOfOneWorker();
  const perSecond = Math.max(25, Math.floor(capacity / 2 / 25) * 25);
  say(`one worker does ${capacity.toFixed(0)} polls/s when everything is due at once; from here on ${perSecond} polls/s are due`);
  const measured: Measured[] = [];
  let bytes = 0;
  for (const count of [...COUNTS.filter((one) => one < largest), largest]) {
    const house = await openHouse({ tasks: count, periodMs: Math.round((count / perSecond) * 1_000) });
    try {
      const filled = await fill(house, count, perSecond);
      bytes = filled.bytes;
      for await (const one of measureWith(house, filled.schedule, count === largest ? 2 : 1)) {
        measured.push(one);
        say(lineOf(one));
      }
      say(`${count} waiting take ${bytes} bytes of Redis each, job included`);
    } finally {
      await house.close();
    }
  }
  const [first, last] = [measured[0], measured.findLast((one) => one.workers === 1)];
  const growth = first === undefined || last === undefined ? 0 : total(last) / total(first);
  const commands = rounded((last?.commandsPerPoll ?? 0) / (first?.commandsPerPoll ?? 1));
  say(`a poll costs ${rounded(growth)} times as much CPU with ${largest} waiting as with ${first?.waiting}, and ${commands} times as many commands`);
  await writeResults('in-flight', load, {
    what: 'generations of one account that wait for polls, one poll a request, nothing is ever ready; lateness from due until the request is at the upstream',
    capacityPollsPerSecond: rounded(capacity),
    pollsPerSecondDue: perSecond,
    redisBytesPerGeneration: bytes,
    cpuPerPollAgainstSmallest: rounded(growth),
    measured,
  });
}

function total(one: Measured): number {
  return one.workerCpuMsPerPoll + one.redisCpuMsPerPoll;
}

function lineOf(one: Measured): string {
  const { latenessMs: late } = one;
  return [
    `${one.waiting} waiting, ${one.workers} worker(s), ${one.pollsPerSecond} polls/s`,
    ...(late === null ? [] : [`late by ${late.p50} ms p50, ${late.p99} ms p99, ${late.worst} ms worst of ${late.polls}`]),
    `a poll ${one.workerCpuMsPerPoll} ms CPU of workers + ${one.redisCpuMsPerPoll} ms of Redis, ${one.commandsPerPoll} commands`,
    `worker ${one.workerMiB} MiB (peak ${one.workerPeakMiB}), ready after ${one.readySeconds} s`,
  ].join('; ');
}

/** Polls a second while many are due at once. */
async function capacityOfOneWorker(): Promise<number> {
  const house = await openHouse({ tasks: CAPACITY_TASKS, periodMs: 3_600_000 });
  try {
    await acceptWaiting(house, CAPACITY_TASKS);
    await handOverWaiting(house, { count: CAPACITY_TASKS, startAt: Date.now() - 60_000, perSecond: 1_000 });
    await house.worker();
    // The first third warms it up.
    const first = await looked(house, CAPACITY_TASKS / 3);
    const last = await looked(house, CAPACITY_TASKS * 0.95);
    return ((last.looks - first.looks) * 1_000) / (last.atMs - first.atMs);
  } finally {
    await house.close();
  }
}

async function looked(house: House, least: number): Promise<{ looks: number; atMs: number }> {
  for (;;) {
    const looks = await house.looks();
    if (looks >= least) return { looks, atMs: performance.now() };
    await rest(25);
  }
}

/** Answers the bytes of Redis for each generation, its job included, and when they are due. */
async function fill(house: House, count: number, perSecond: number): Promise<{ bytes: number; schedule: Schedule }> {
  const before = await house.usedMemory();
  const startedAt = Date.now();
  await acceptWaiting(house, count);
  // Handing over takes about as long, and the first must not be due before the last has its job.
  const startAt = Date.now() + 3_000 + 1.3 * (Date.now() - startedAt);
  const schedule = { count, startAt, perSecond };
  await handOverWaiting(house, schedule);
  return { bytes: Math.round(((await house.usedMemory()) - before) / count), schedule };
}

async function* measureWith(house: House, schedule: Schedule, workers: number): AsyncGenerator<Measured> {
  const { count, startAt } = schedule;
  const running: ChildProcess[] = [];
  for (let number = 1; number <= workers; number += 1) {
    const connectionsBefore = await house.connections();
    const { process, readySeconds } = await house.worker();
    running.push(process);
    const connections = (await house.connections()) - connectionsBefore;
    if (number === 1) await rest(Math.max(0, startAt - Date.now()));
    // At its start a worker reads through all of them once, to repair what a crash has left.
    await rest(SETTLE_MS + count / 20);
    const before = await spentSoFar(house, running);
    await rest(WINDOW_MS);
    const after = await spentSoFar(house, running);
    const looks = after.looks - before.looks;
    yield {
      waiting: count,
      workers: number,
      pollsPerSecond: rounded((looks * 1_000) / (after.atMs - before.atMs)),
      latenessMs: await lateness(house, schedule, { from: before.atMs, to: after.atMs }),
      workerCpuMsPerPoll: rounded(((after.workerCpuSeconds - before.workerCpuSeconds) * 1_000) / looks),
      redisCpuMsPerPoll: rounded(((after.redisCpuSeconds - before.redisCpuSeconds) * 1_000) / looks),
      commandsPerPoll: rounded((after.commands - before.commands) / looks),
      workerMiB: Math.max(...(await Promise.all(running.map(residentMiB)))),
      workerPeakMiB: Math.max(...running.map((child) => costOf(child.pid ?? 0).peakMiB)),
      connections,
      readySeconds: rounded(readySeconds),
    };
  }
}

/** Of the first polls that fell due in the window; when later ones were due only their worker knows. */
async function lateness(house: House, schedule: Schedule, { from, to }: { from: number; to: number }): Promise<Measured['latenessMs']> {
  const due = Array.from({ length: schedule.count }, (_, number) => ({ number, at: dueAt(schedule, number) }));
  const asked = due.filter(({ at }) => at >= from && at < to - 2_000);
  if (asked.length < 100) return null;
  const [first, last] = [asked[0]?.number ?? 0, asked.at(-1)?.number ?? 0];
  const looks = await house.firstLooks(first, last + 1);
  // One that has not been polled by now is at least as late as until now.
  const late = asked.map(({ number, at }) => Math.max(0, (looks[number - first] || Date.now()) - at));
  return { ...sharesOf(late), polls: late.length };
}
