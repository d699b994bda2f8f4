/**
 * What asking together saves: 200 tasks in flight on one AceData service and one worker, at production's pace and the simulator's real speed, beside
 * the same with every task asked about alone. Both run at the same time, so that a busy machine slows both.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { readGenerations } from '@dailies/queue';
import { loadNow, writeResults } from './results.ts';
import { mean, median, rounded, shareOf } from './statistics.ts';
import { type Scene, openScene } from './scene.ts';

const IN_FLIGHT = 200;
const PACE = { HAILUO_FIRST_POLL_MS: '20000', HAILUO_POLL_MIN_MS: '10000', HAILUO_POLL_MAX_MS: '30000' };

interface Figures {
  pollsDue: number;
  requests: number;
  requestsPerPoll: number;
  /** Tasks in one question, of those about several. */
  medianTogether: number;
  succeeded: number;
  pollsPerVideo: number;
  /** From the upstream's own end of a task to the ledger's knowing it. */
  delaySeconds: { mean: number; median: number; p95: number };
  /** Milliseconds between two polls of one task, and until its first. */
  shortestPauseMs: number;
  shortestFirstMs: number;
  redisCommandsPerPoll: number;
}

export async function pollsTogether(seconds: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const [together, alone] = await Promise.all([measure(seconds, false), measure(seconds, true)]);
  for (const [name, figures] of Object.entries({ together, alone })) {
    for (const [at, line] of linesOf(figures).entries()) say(`${(at === 0 ? name : '').padEnd(8)} ${line}`);
  }
  await writeResults('polls', load, {
    what:
      `${IN_FLIGHT} Hailuo tasks in flight for ${seconds} s, one worker each, first poll after 20 s, then 10 to 30 s apart, ` +
      "durations by the simulator's law (60 to 180 s)",
    together,
    alone,
    requestsOfAlone: rounded(together.requests / alone.requests),
  });
}

function linesOf(figures: Figures): string[] {
  const { requests, pollsDue, requestsPerPoll, pollsPerVideo, delaySeconds: delay, succeeded, shortestPauseMs, shortestFirstMs } = figures;
  return [
    `${requests} requests for ${pollsDue} polls due: ${requestsPerPoll} a poll; ${pollsPerVideo} polls a video`,
    `ready upstream → known here: mean ${delay.mean} s, median ${delay.median} s, p95 ${delay.p95} s (${succeeded} videos)`,
    `shortest pause between two polls of a task ${shortestPauseMs} ms, until the first ${shortestFirstMs} ms; ` +
      `${figures.redisCommandsPerPoll} Redis commands a poll, everything included`,
  ];
}

async function measure(seconds: number, pollAlone: boolean): Promise<Figures> {
  const scene = await openScene({ speed: 1, limits: { acedata: IN_FLIGHT } }, { ACEDATA_MAX_IN_FLIGHT: String(IN_FLIGHT), ...PACE });
  try {
    const ids = await scene.enqueue(IN_FLIGHT * 4);
    const before = await scene.redisCommands();
    const worker = await scene.worker({ pollAlone });
    await rest(seconds * 1_000);
    const commands = (await scene.redisCommands()) - before;
    await worker.stop(10_000);
    return await figuresOf(scene, ids, commands);
  } finally {
    await scene.close();
  }
}

async function figuresOf(scene: Scene, ids: readonly string[], commands: number): Promise<Figures> {
  const requests = scene.simulator.requests({ kind: 'poll' });
  const generations = (await readGenerations(scene.store, ids)).filter((one) => one !== null);
  const polls = generations.reduce((sum, one) => sum + one.polls, 0);
  const ended = generations.filter(({ state }) => state === 'downloading' || state === 'succeeded');
  const acceptedAt = new Map(scene.simulator.ledger().map(({ taskId, at }) => [taskId, at]));
  const readyAt = await endsOf(scene, ended.flatMap(({ taskKey }) => taskKey ?? []));
  const delays = ended.flatMap(({ taskKey = '', history }) => {
    const known = history.find(({ state }) => state === 'downloading')?.at;
    const ready = readyAt.get(taskKey);
    return known === undefined || ready === undefined ? [] : [(known - ready) / 1000];
  });
  const pollsOf = new Map<string, number[]>();
  for (const { at, taskId = '', otherTaskIds = [] } of requests) {
    for (const id of [taskId, ...otherTaskIds]) pollsOf.set(id, [...(pollsOf.get(id) ?? []), at]);
  }
  const pauses = [...pollsOf.values()].flatMap((times) => times.slice(1).map((at, before) => at - (times[before] ?? at)));
  const firsts = [...pollsOf].map(([id, [first = 0]]) => first - (acceptedAt.get(id) ?? first));
  return {
    pollsDue: polls,
    requests: requests.length,
    requestsPerPoll: Math.round((1_000 * requests.length) / polls) / 1_000,
    medianTogether: median(requests.flatMap(({ otherTaskIds = [] }) => (otherTaskIds.length > 0 ? [otherTaskIds.length + 1] : []))),
    succeeded: ended.length,
    pollsPerVideo: rounded(mean(ended.map((one) => one.polls))),
    delaySeconds: {
      mean: rounded(mean(delays)),
      median: rounded(median(delays)),
      p95: rounded(shareOf(delays, 0.95)),
    },
    shortestPauseMs: Math.min(...pauses),
    shortestFirstMs: Math.min(...firsts),
    redisCommandsPerPoll: rounded(commands / polls),
  };
}

/** When the upstream itself says that these ended. */
async function endsOf({ simulator }: Scene, taskIds: readonly string[]): Promise<Map<string, number>> {
  const body = JSON.stringify({ action: 'retrieve_batch', ids: taskIds, limit: taskIds.length });
  const headers = { 'authorization': 'Bearer bench', 'content-type': 'application/json' };
  const answer = await fetch(`${simulator.url}/hailuo/tasks`, { method: 'POST', headers, body });
  const { items } = (await answer.json()) as { items: { id: string; finished_at?: number }[] };
  return new Map(items.flatMap(({ id, finished_at: at }) => (at === undefined ? [] : [[id, at * 1_000] as const])));
}
