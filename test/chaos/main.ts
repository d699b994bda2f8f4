/** `npm run chaos`: all parts one after the other, their figures, the report. Ends its processes whatever happens. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { HELP, WrongArguments, again, readArguments } from './arguments.ts';
import { bundleWorker } from './bundle.ts';
import { startChaosRedis } from './chaos-redis.ts';
import type { PartResult } from './part.ts';
import { PARTS, type PartName, runPart } from './parts.ts';
import { figuresOf, reportOf } from './report.ts';

const REPORT = new URL('../../docs/chaos-report.md', import.meta.url);

async function main(words: readonly string[]): Promise<number> {
  const wanted = readArguments(words);
  if (wanted === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const began = Date.now();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-chaos-'));
  endsOnSignal(folder, wanted.keep);
  const tell = (line: string): void => void process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
  tell(`seed ${wanted.seed}, folder ${folder}`);
  const program = await bundleWorker(folder);
  const results: (PartResult & { part: PartName })[] = [];
  let redisVersion = '';
  for (const name of wanted.parts) {
    const redis = await startChaosRedis(path.join(folder, name));
    redisVersion = redis.version;
    const result = await runPart(name, { redis, kind: 'standalone', replicas: 0, folder, program, seed: wanted.seed, tell }, wanted);
    await redis.close();
    results.push({ ...result, part: name });
    process.stdout.write(`${figuresOf(result)}\n`);
  }
  const minutes = (Date.now() - began) / 60_000;
  const isWhole = !wanted.quick && wanted.kills === undefined && wanted.parts.length === PARTS.length;
  if (isWhole) await writeFile(REPORT, reportOf({ seed: wanted.seed, date: new Date().toISOString().slice(0, 10), minutes, redisVersion, results }));
  const broken = results.filter(({ findings }) => findings.length > 0).map(({ part }) => part);
  if (broken.length === 0 && !wanted.keep) await rm(folder, { recursive: true, force: true });
  process.stdout.write(broken.length === 0 ? `All held, in ${minutes.toFixed(1)} minutes.\n` : `Not held. Logs are in ${folder}. Repeat with: ${again(wanted, broken)}\n`);
  return broken.length === 0 ? 0 : 1;
}

/** `exit` is where the children are killed (children.ts), and a full disk is taken away (parts/disk.ts). */
function endsOnSignal(folder: string, keep: boolean): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.stderr.write(keep ? `Interrupted. Logs are in ${folder}.\n` : 'Interrupted.\n');
      // After those: what is killed just now may still write.
      if (!keep) process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
      process.exit(130);
    });
  }
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    const words = error instanceof WrongArguments ? `${error.message}\n\`npm run chaos -- --help\` says what there is.` : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${words}\n`);
    return 2;
  }),
);
