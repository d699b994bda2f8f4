/**
 * `npm run bench [-- --only gate|download]`: figures, each from one run on this machine. Asserts nothing: a figure is compared with its
 * neighbour of the same run.
 */
import { parseArgs } from 'node:util';
import { downloadThroughput } from './download.ts';
import { costOfWaiting, learnedLimit } from './gate.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const PARTS: Record<string, () => Promise<void>> = {
  async gate() {
    say('A limit of 5 that nobody told us, configured for 50, 200 prompts:');
    for (const workers of [1, 3]) say(`  ${await learnedLimit(workers)}`);
    say('What waiting costs, account saturated, one worker:');
    for (const configured of [5, 50]) for (const waiting of [100, 10_000]) say(`  ${await costOfWaiting(waiting, configured)}`);
  },
  async download() {
    say('1 GiB over the loopback in eight files at once:');
    say(`  ${await downloadThroughput()}`);
  },
};

const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
if (only !== undefined && !Object.hasOwn(PARTS, only)) {
  process.stderr.write(`There is no part ${only}. It is one of: ${Object.keys(PARTS).join(', ')}.\n`);
  process.exit(2);
}
for (const [name, part] of Object.entries(PARTS)) if (only === undefined || only === name) await part();
process.exit(0);
