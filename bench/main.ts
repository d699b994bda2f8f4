/** `npm run bench`: figures, each from one run on this machine. Asserts nothing: a figure is compared with its neighbour of the same run. */
import { costOfWaiting, learnedLimit } from './gate.ts';

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

say('A limit of 5 that nobody told us, configured for 50, 200 prompts:');
for (const workers of [1, 3]) say(`  ${await learnedLimit(workers)}`);
say('What waiting costs, account saturated, one worker:');
for (const configured of [5, 50]) for (const waiting of [100, 10_000]) say(`  ${await costOfWaiting(waiting, configured)}`);
process.exit(0);
