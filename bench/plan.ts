/**
 * Computes what 1, 100 and 10,000 generations a second need from the figures that the other parts have measured, and writes it into docs/scaling.md
 * between its two marks. Everything that was not measured is in ASSUMED. How busy one Redis may be is simulated (redis-queue.ts).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { p99WaitMs } from './redis-queue.ts';
import { loadNow, writeResults } from './results.ts';
import { rounded } from './statistics.ts';

const RATES = [1, 100, 10_000] as const;
const BUSY = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

const ASSUMED = {
  /** From the submit until the video is ready. */
  rendersForSeconds: 180,
  /** Learned pacing needs 4 to 6 for a log-normal law (docs/pacing.md). */
  pollsPerVideo: 5,
  /** As many as the pipeline bench makes of each task. */
  pollsMeasured: 2,
  /** The part of a core that a worker, which is one thread, may use. */
  workerBusy: 0.6,
  /** How long the step that waits longest of a hundred may wait for Redis. */
  redisWaitMs: 20,
  /** Tasks that one account takes at a time. */
  tasksPerAccount: 1_000,
  /** How long whole records and their jobs are kept (LEDGER_RETENTION_DAYS), and how long at one generation a second. */
  keptDays: 1,
  keptDaysAtOne: 30,
  /** Dollars an hour of a rented machine, for a core and for a GiB of memory. */
  coreHour: 0.035,
  gibHour: 0.005,
};

interface Figures {
  workerMsPerGeneration: number;
  redisMsPerGeneration: number;
  commandsPerGeneration: number;
  bytesPerGeneration: number;
  connectionsPerWorker: number;
  workerMiB: number;
}

interface Plan {
  generationsPerSecond: number;
  inFlight: number;
  accounts: number;
  pollsPerSecond: number;
  shards: number;
  workers: number;
  workerGiB: number;
  connections: number;
  redisCommandsPerSecond: number;
  waitingGiB: number;
  keptGiB: number;
  redisDollarsPerMonth: number;
}

export async function plans(say: (line: string) => void): Promise<void> {
  const figures = await readFigures();
  const waits = BUSY.map((busy) => ({ busy, waitMs: rounded(p99WaitMs(busy, figures.redisMsPerGeneration / (2 + ASSUMED.pollsPerVideo))) }));
  const busy = waits.findLast(({ waitMs }) => waitMs <= ASSUMED.redisWaitMs)?.busy ?? BUSY[0];
  for (const one of waits) say(`a Redis that is busy for ${100 * one.busy} % of the time makes 1 of 100 steps wait ${one.waitMs} ms or more`);
  const planned = RATES.map((rate) => planFor(rate, figures, busy));
  const table = tableOf(planned);
  for (const line of table) say(line);
  const what = 'computed from pipeline.json and in-flight.json';
  await writeResults('plan', loadNow(), { what, assumed: ASSUMED, figures, redisBusyAtMost: busy, waits, plans: planned });
  await writePage(figures, busy, table);
}

function planFor(rate: number, figures: Figures, busy: number): Plan {
  const inFlight = rate * ASSUMED.rendersForSeconds;
  const workers = Math.max(2, Math.ceil((rate * figures.workerMsPerGeneration) / 1_000 / ASSUMED.workerBusy));
  const shards = Math.max(1, Math.ceil((rate * figures.redisMsPerGeneration) / 1_000 / busy));
  const waitingGiB = (inFlight * figures.bytesPerGeneration) / 2 ** 30;
  const days = rate === 1 ? ASSUMED.keptDaysAtOne : ASSUMED.keptDays;
  const keptGiB = (rate * 86_400 * days * figures.bytesPerGeneration) / 2 ** 30;
  // Twice: Redis copies pages while it rewrites its append-only file.
  const gib = Math.max(1, 2 * (waitingGiB + keptGiB));
  return {
    generationsPerSecond: rate,
    inFlight,
    accounts: Math.max(1, Math.ceil(inFlight / ASSUMED.tasksPerAccount)),
    pollsPerSecond: rate * ASSUMED.pollsPerVideo,
    shards,
    workers,
    workerGiB: rounded((workers * figures.workerMiB) / 1_024),
    connections: workers * figures.connectionsPerWorker,
    redisCommandsPerSecond: Math.round(rate * figures.commandsPerGeneration),
    waitingGiB: rounded(waitingGiB),
    keptGiB: rounded(keptGiB),
    redisDollarsPerMonth: Math.round((shards * 2 * ASSUMED.coreHour + gib * ASSUMED.gibHour) * 730),
  };
}

async function readFigures(): Promise<Figures> {
  const pipeline = await read<{ medians: { Dailies: Record<string, number> } }>('pipeline');
  const inFlight = await read<{ redisBytesPerGeneration: number; measured: Record<string, number>[] }>('in-flight');
  const whole = pipeline.medians.Dailies;
  const waiting = inFlight.measured.findLast((one) => one['workers'] === 1) ?? {};
  const more = ASSUMED.pollsPerVideo - ASSUMED.pollsMeasured;
  const sum = (ofWhole: string, ofPoll: string): number => rounded(given(whole[ofWhole]) + more * given(waiting[ofPoll]));
  return {
    workerMsPerGeneration: sum('workerCpuMsPerGeneration', 'workerCpuMsPerPoll'),
    redisMsPerGeneration: sum('serverCpuMsPerGeneration', 'redisCpuMsPerPoll'),
    commandsPerGeneration: sum('serverOperationsPerGeneration', 'commandsPerPoll'),
    bytesPerGeneration: inFlight.redisBytesPerGeneration,
    connectionsPerWorker: given(waiting['connections']),
    workerMiB: given(waiting['workerPeakMiB']),
  };
}

/** NaN where the figure is missing, so that the plan shows it. */
function given(figure: number | undefined): number {
  return figure ?? Number.NaN;
}

async function read<Content>(name: string): Promise<Content> {
  try {
    return JSON.parse(await readFile(fileURLToPath(new URL(`results/${name}.json`, import.meta.url)), 'utf8')) as Content;
  } catch {
    throw new Error(`there are no figures yet: npm run bench -- --only ${name}`);
  }
}

const ROWS: readonly [title: string, of: keyof Plan][] = [
  ['in flight', 'inFlight'],
  ['accounts of 1,000 tasks', 'accounts'],
  ['polls a second', 'pollsPerSecond'],
  ['shards (one Redis each)', 'shards'],
  ['worker processes', 'workers'],
  ['their memory, GiB', 'workerGiB'],
  ['their connections to Redis', 'connections'],
  ['Redis commands a second', 'redisCommandsPerSecond'],
  ['Redis memory for what is in flight, GiB', 'waitingGiB'],
  ['Redis memory for what is kept whole, GiB', 'keptGiB'],
  ['cost of Redis, dollars a month', 'redisDollarsPerMonth'],
];

function tableOf(planned: readonly Plan[]): string[] {
  const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return [
    `| generations a second | ${planned.map((plan) => number(plan.generationsPerSecond)).join(' | ')} |`,
    `| --- | ${planned.map(() => '---:').join(' | ')} |`,
    ...ROWS.map(([title, of]) => `| ${title} | ${planned.map((plan) => number(plan[of])).join(' | ')} |`),
  ];
}

async function writePage(figures: Figures, busy: number, table: readonly string[]): Promise<void> {
  const page = fileURLToPath(new URL('../docs/scaling.md', import.meta.url));
  const text = await readFile(page, 'utf8');
  const [before, , after] = text.split(/<!-- plan(?: ends)?: .*-->\n/);
  if (before === undefined || after === undefined) throw new Error('docs/scaling.md has lost its marks');
  const basis = [
    `A generation costs ${figures.workerMsPerGeneration} ms of CPU in a worker and ${figures.redisMsPerGeneration} ms of CPU in Redis `,
    `(\`pipeline.json\`, and \`in-flight.json\` for further polls), and takes ${figures.bytesPerGeneration} bytes of Redis. `,
    `The plans let a Redis be busy for at most ${100 * busy} % of the time.`,
  ].join('');
  const marks = ['<!-- plan: written by `npm run bench -- --only plan` -->', '<!-- plan ends: do not edit above -->'];
  await writeFile(page, `${before}${marks[0]}\n\n${basis}\n\n${table.join('\n')}\n\n${marks[1]}\n${after}`);
}
