/** `npm run bench [-- --only gate|dashboard]`: figures, each from one run on this machine. Asserts nothing: a figure is compared with its neighbour of the same run. */
import { parseArgs } from 'node:util';
import { largeLedger, openPagesCost } from './dashboard.ts';
import { costOfWaiting, learnedLimit } from './gate.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
const parts = { gate, dashboard };
for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
process.exit(0);

async function gate(): Promise<void> {
  say('A limit of 5 that nobody told us, configured for 50, 200 prompts:');
  for (const workers of [1, 3]) say(`  ${await learnedLimit(workers)}`);
  say('What waiting costs, account saturated, one worker:');
  for (const configured of [5, 50]) for (const waiting of [100, 10_000]) say(`  ${await costOfWaiting(waiting, configured)}`);
}

async function dashboard(): Promise<void> {
  say('The dashboard over 200,000 generations, a process of its own:');
  await largeLedger(200_000, (line) => say(`  ${line}`));
  say('What ten open overviews cost one worker, 300 prompts:');
  say(`  ${await openPagesCost(10, 300)}`);
}
