/**
 * `npm run bench`: measures on this machine, part by part. Asserts nothing: a figure is compared with its neighbour of the same run.
 * `--only NAME` runs one part; `--count` and `--runs` make some parts smaller or larger; `--screenshots` also takes the pictures of the docs.
 * bench/README.md says what each part measures, and what its count is.
 */
import { parseArgs } from 'node:util';
import { contactSheet } from './contact-sheet.ts';
import { largeLedger } from './dashboard/large-ledger.ts';
import { openPagesCost } from './dashboard/open-pages-cost.ts';
import { downloadThroughput } from './download.ts';
import { batchesAgainstAddBulk, singlePosts } from './enqueue.ts';
import { costOfWaiting, learnedLimit } from './gate.ts';
import { inFlight } from './in-flight.ts';
import { latency } from './latency.ts';
import { pacing } from './pacing.ts';
import { killPeers, speedOfPeers } from './peers/peers.ts';
import { pollsTogether } from './polls.ts';
import { costOfOne } from './lean/lean.ts';
import type { Workload } from './pipeline/measure.ts';
import { wholePath } from './pipeline/pipeline.ts';
import { record } from './record.ts';
import { plans } from './plan.ts';
import { recovery } from './recovery.ts';

const TAKES = 'It takes --only PART, --count N, --runs N and --screenshots; bench/README.md says what each part measures.\n';

const { only, screenshots, count, runs } = readArguments();
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const indented = (line: string): boolean => say(`  ${line}`);

function readArguments() {
  const count = { type: 'string' } as const;
  try {
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ options: { only: { type: 'string' }, screenshots: flag, help: flag, count, runs: count } });
    if (values.help) {
      process.stdout.write(TAKES);
      process.exit(0);
    }
    return { ...values, count: numberOf('--count', values.count), runs: numberOf('--runs', values.runs) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${TAKES}`);
    process.exit(2);
  }
}

function numberOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined || /^[1-9]\d{0,6}$/.test(value)) return value === undefined ? undefined : Number(value);
  throw new Error(`${option} is a whole number from 1 to 9999999, not ${JSON.stringify(value)}.`);
}

const PARTS: Record<string, () => Promise<void>> = {
  async enqueue() {
    say('Putting work in:');
    await record('enqueue', {
      batches: [1_000, 10_000].map((items) => () => batchesAgainstAddBulk(items)),
      singles: [1, 50].map((connections) => () => singlePosts(connections * 200, connections)),
    });
  },
  async gate() {
    say('A limit of 5 that nobody told us, configured for 50, 200 prompts:');
    await record('gate', { learned: [1, 3].map((workers) => () => learnedLimit(workers)) });
  },
  async waiting() {
    say('What waiting costs, account saturated, one worker:');
    await record('waiting', { saturated: [5, 50].flatMap((configured) => [100, 10_000].map((waiting) => () => costOfWaiting(waiting, configured))) });
  },
  async polls() {
    const seconds = count ?? 150;
    say(`Polls of 200 tasks in flight, together and alone, for ${seconds} s:`);
    await pollsTogether(seconds, indented);
  },
  async pipeline() {
    say('The whole path, Dailies against the smallest hand-written BullMQ pipeline:');
    await wholePath(workload(2_000, 500), runs ?? 7, indented);
  },
  async peers() {
    say('The same workload on what a user would pick instead:');
    await speedOfPeers(workload(1_000, 300), runs ?? 3, indented);
  },
  async 'peers-kill'() {
    const prompts = count ?? 300;
    say(`kill -9 of the worker in the middle of ${prompts} prompts:`);
    await killPeers(prompts, indented);
  },
  async 'in-flight'() {
    say('Generations that wait for their polls, workers and Redis in processes of their own:');
    await inFlight(indented, count ?? 100_000);
  },
  async lean() {
    say('What one generation costs:');
    await costOfOne(count === undefined ? [1_000, 10_000, 100_000] : [count], indented);
  },
  async recovery() {
    say('From the end of a worker to the next poll of its generations:');
    await recovery(indented, runs ?? 3);
  },
  async latency() {
    say('From a request to its submit, and from ready to the file:');
    await latency(indented, count ?? 300);
  },
  async plan() {
    say('Plans from the figures of the other parts:');
    await plans(indented);
  },
  async 'contact-sheet'() {
    say('The contact sheet in headless Chromium:');
    await record('contact-sheet', { sheet: [() => contactSheet(screenshots)] });
  },
  async dashboard() {
    say('The dashboard over 200,000 generations, a process of its own, and what ten open overviews cost one worker, in turns with none:');
    await record('dashboard', {
      largeLedger: [() => largeLedger(200_000, indented)],
      openPages: [() => openPagesCost({ pages: 10, count: count ?? 1_200, pairs: runs ?? 5 }, indented)],
    });
  },
  async pacing() {
    await pacing(say);
  },
  async download() {
    say('1 GiB over the loopback in eight files at once:');
    indented(await downloadThroughput());
  },
};

/** As many prompts as the part has by default or --count asks for, and a warm-up of at most so many. */
function workload(usual: number, warmUpAtMost: number): Workload {
  const prompts = count ?? usual;
  return { count: prompts, warmUp: Math.min(prompts, warmUpAtMost) };
}

// What was started ends with us (pipeline/program.ts), which a signal alone would not bring about.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const chosen = Object.entries(PARTS).filter(([name]) => only === undefined || name === only);
if (chosen.length === 0) process.stderr.write(`There is no part ${only}. It is one of: ${Object.keys(PARTS).join(', ')}.\n`);
for (const [, part] of chosen) await part();
process.exit(chosen.length === 0 ? 2 : 0);
