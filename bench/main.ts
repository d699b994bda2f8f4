/**
 * `npm run bench`: figures, each from one run on this machine. Asserts nothing: a figure is compared with its neighbour of the same run.
 * `--only NAME` runs one part; `--screenshots` also takes the pictures of the docs; `--count` and `--runs` make pipeline and peers shorter or
 * longer. bench/README.md says what each part shows.
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
import { wholePath } from './pipeline/pipeline.ts';
import { record } from './record.ts';
import { plans } from './plan.ts';
import { recovery } from './recovery.ts';

const { values } = readArguments();
const given = (value: string | undefined, fallback: number): number => (value === undefined ? fallback : Number(value));
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

function readArguments() {
  try {
    return parseArgs({ options: { only: { type: 'string' }, screenshots: { type: 'boolean', default: false }, count: { type: 'string' }, runs: { type: 'string' } } });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nIt takes --only PART, --count N, --runs N and --screenshots; bench/README.md says what each part shows.\n`);
    process.exit(2);
  }
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
    const seconds = given(values.count, 150);
    say(`Polls of 200 tasks in flight, together and alone, for ${seconds} s:`);
    await pollsTogether(seconds, (line) => say(`  ${line}`));
  },
  async pipeline() {
    say('The whole path, Dailies against the smallest hand-written BullMQ pipeline:');
    const count = given(values.count, 2_000);
    await wholePath({ count, warmUp: Math.min(count, 500) }, given(values.runs, 7), (line) => say(`  ${line}`));
  },
  async peers() {
    say('The same workload on what a user would pick instead:');
    const count = given(values.count, 1_000);
    await speedOfPeers({ count, warmUp: Math.min(count, 300) }, given(values.runs, 3), (line) => say(`  ${line}`));
  },
  async 'peers-kill'() {
    const count = given(values.count, 300);
    say(`kill -9 of the worker in the middle of ${count} prompts:`);
    await killPeers(count, (line) => say(`  ${line}`));
  },
  async 'in-flight'() {
    say('Generations that wait for their polls, workers and Redis in processes of their own:');
    await inFlight((line) => say(`  ${line}`), given(values.count, 100_000));
  },
  async lean() {
    say('What one generation costs:');
    await costOfOne(values.count === undefined ? [1_000, 10_000, 100_000] : [Number(values.count)], (line) => say(`  ${line}`));
  },
  async recovery() {
    say('From the end of a worker to the next poll of its generations:');
    await recovery((line) => say(`  ${line}`), given(values.runs, 3));
  },
  async latency() {
    say('From a request to its submit, and from ready to the file:');
    await latency((line) => say(`  ${line}`), given(values.count, 300));
  },
  async plan() {
    say('Plans from the figures of the other parts:');
    await plans((line) => say(`  ${line}`));
  },
  async 'contact-sheet'() {
    say('The contact sheet in headless Chromium:');
    await record('contact-sheet', { sheet: [() => contactSheet(values.screenshots)] });
  },
  async dashboard() {
    say('The dashboard over 200,000 generations, a process of its own, and what ten open overviews cost one worker, in turns with none:');
    const tell = (line: string): boolean => say(`  ${line}`);
    await record('dashboard', { largeLedger: [() => largeLedger(200_000, tell)], openPages: [() => openPagesCost(10, given(values.count, 1_200), given(values.runs, 5), tell)] });
  },
  async pacing() {
    await pacing(say);
  },
  async download() {
    say('1 GiB over the loopback in eight files at once:');
    say(`  ${await downloadThroughput()}`);
  },
};

// What was started ends with us (pipeline/program.ts), which a signal alone would not bring about.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const chosen = Object.entries(PARTS).filter(([name]) => values.only === undefined || name === values.only);
if (chosen.length === 0) process.stderr.write(`There is no part ${values.only}. It is one of: ${Object.keys(PARTS).join(', ')}.\n`);
for (const [, part] of chosen) await part();
process.exit(chosen.length === 0 ? 2 : 0);
