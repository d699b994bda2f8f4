/**
 * How long nothing happens for a generation when its worker ends, killed (`kill -9`) or deployed anew (SIGTERM), while another worker runs. A
 * hundred generations are polled every two seconds, and the upstream takes 400 ms to answer, so each end cuts off some polls. Times are the
 * upstream's own.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import { type House, openHouse } from './house/house.ts';
import { acceptWaiting, handOverWaiting } from './house/waiting.ts';
import { loadNow, writeResults } from './results.ts';
import { type Shares, rounded, shareOf, sharesOf } from './statistics.ts';

const WAITING = 100;
const PERIOD_MS = 2_000;
const ANSWER_MS = 400;
/** The pace spreads its waits by 15 %. */
const LONGEST_PACE_MS = PERIOD_MS * 1.15;
const LONGEST_MS = 40_000;

interface Steps {
  resumed: number[];
  gaps: number[];
  open: number;
}

interface Ended {
  /** Polls that the end cut off, and when each was made again. */
  cutOff: number;
  resumedMs: { first: number; p50: number; last: number };
  /** Of all others: how much later than its pace the next poll came. */
  othersLateMs: Shares;
  /** For a stop: until the process had ended. */
  stoppedMs: number;
}

export async function recovery(say: (line: string) => void, runs: number): Promise<void> {
  const load = loadNow();
  const house = await openHouse({ tasks: WAITING, periodMs: PERIOD_MS, answerMs: ANSWER_MS });
  try {
    await acceptWaiting(house, WAITING);
    await handOverWaiting(house, { count: WAITING, startAt: Date.now(), perSecond: WAITING / 2 });
    let [old, other] = [(await house.worker()).process, (await house.worker()).process];
    const kills: Ended[] = [];
    const deploys: Ended[] = [];
    for (let run = 0; run < 2 * runs; run += 1) {
      const signal = run < runs ? 'SIGKILL' : 'SIGTERM';
      await rest(3 * PERIOD_MS);
      const ended = await endOne(house, old, signal);
      (signal === 'SIGKILL' ? kills : deploys).push(ended);
      say(lineOf(signal === 'SIGKILL' ? 'kill -9' : 'SIGTERM', ended));
      [old, other] = [other, (await house.worker()).process];
    }
    const what = `${WAITING} generations, polled every ${PERIOD_MS} ms by two workers; one of them ends`;
    await writeResults('recovery', load, { what, waiting: WAITING, periodMs: PERIOD_MS, kills, deploys });
  } finally {
    await house.close();
  }
}

async function endOne(house: House, worker: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<Ended> {
  await house.ask<Steps>('steps');
  const startedAt = performance.now();
  const exited = once(worker, 'exit');
  worker.kill(signal);
  await exited;
  const stoppedMs = performance.now() - startedAt;
  // Whatever was cut off is looked at again, and everything else has had its turn.
  do await rest(500);
  while (performance.now() - startedAt < LONGEST_MS && (performance.now() - startedAt < 3 * PERIOD_MS || (await house.ask<Steps>('steps?keep')).open > 0));
  const { resumed, gaps } = await house.ask<Steps>('steps');
  const late = gaps.map((gap) => Math.max(0, gap - LONGEST_PACE_MS));
  return {
    cutOff: resumed.length,
    resumedMs: { first: shareOf(resumed, 0), p50: shareOf(resumed, 0.5), last: shareOf(resumed, 1) },
    othersLateMs: sharesOf(late),
    stoppedMs: rounded(stoppedMs),
  };
}

function lineOf(how: string, { cutOff, resumedMs, othersLateMs, stoppedMs }: Ended): string {
  const { p50, p99, worst } = othersLateMs;
  const again = `${cutOff} polls cut off, made again after ${resumedMs.first} to ${resumedMs.last} ms (p50 ${resumedMs.p50})`;
  return [
    `${how}: ${cutOff === 0 ? 'no poll was cut off' : again}`,
    `the others came ${p50} ms late p50, ${p99} ms p99, ${worst} ms worst`,
    `the process was gone after ${Math.round(stoppedMs)} ms`,
  ].join('; ');
}
