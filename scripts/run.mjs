// The npm scripts of the clone: `node scripts/run.mjs VERB …arguments` makes the clone ready, then runs what the verb stands for.
// The exit code is that of what ran. Our own words go to stderr: stdout belongs to the program.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runInForeground } from './foreground.mjs';
import { localProgram } from './local-program.mjs';
import { setUp } from './setup.mjs';
import { Refusal } from './setup/refusal.mjs';
import { root } from './setup/root.mjs';
import { settingOf } from './setup/setting.mjs';

const log = (line) => process.stderr.write(`${line}\n`);
const fromSource = [process.execPath, '--conditions=dailies-source', '--import', 'tsx'];
const producer = 'apps/producer/src/main.ts';

const verbs = {
  demo: { file: producer, needsRedis: true, run: (rest) => one([...fromSource, producer, 'demo', ...rest]) },
  start: { file: producer, needsRedis: settingOf('REDIS_URL') === undefined, run: (rest) => one([...fromSource, producer, 'start', ...rest]) },
  bench: { file: 'bench/main.ts', needsRedis: true, wishesPeers: comparesWithPeers, run: (rest) => one([...fromSource, 'bench/main.ts', ...rest]) },
  chaos: { file: 'test/chaos/main.ts', needsRedis: true, run: (rest) => one([...fromSource, 'test/chaos/main.ts', ...rest]) },
  incidents: { file: 'test/incidents/main.ts', needsRedis: true, run: (rest) => one([...fromSource, 'test/incidents/main.ts', ...rest]) },
  check: { needsRedis: false, run: () => inTurn(checks()) },
  test: { needsRedis: true, wishesS3: true, run: (rest) => inTurn([...checks(), ['tests', ...localProgram('vitest'), 'run', ...rest]]) },
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  log(error.message);
  process.exitCode = 1;
}

async function main([name, ...rest]) {
  const verb = Object.hasOwn(verbs, name ?? '') ? verbs[name] : undefined;
  if (!verb) {
    throw new Refusal(`There is no \`${name ?? ''}\` here. It is one of: ${Object.keys(verbs).join(', ')}.`);
  }
  if (verb.file && !existsSync(join(root, verb.file))) {
    throw new Refusal(`\`npm run ${name}\` would run ${verb.file}, and this version of Dailies does not have that file.`);
  }
  await setUp({ need: { redis: verb.needsRedis, s3: verb.wishesS3 ? 'wished' : false, peers: verb.wishesPeers?.(rest) ?? false }, log });
  return verb.run(rest);
}

// Not where bench/main.ts refuses its options: they are 260 MB.
function comparesWithPeers(rest) {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  try {
    const { only, help } = parseArgs({ args: rest, options: { only: text, count: text, runs: text, screenshots: flag, help: flag } }).values;
    return help !== true && /^peers(-kill)?$/.test(only ?? 'peers');
  } catch {
    return false;
  }
}

async function one(command) {
  return (await runInForeground(command)).code;
}

function checks() {
  return [
    ['types', ...localProgram('typescript', 'tsc'), '--noEmit'],
    ['lint', ...localProgram('oxlint'), '--type-aware', '--deny-warnings'],
    ['unused', ...localProgram('knip')],
  ];
}

// All of them, even after one has failed: a person wants to see everything that is wrong at once. Only Ctrl-C cuts it short.
async function inTurn(steps) {
  const failed = [];
  for (const [name, ...command] of steps) {
    const { code, interrupted } = await runInForeground(command);
    if (interrupted) return code === 0 ? 130 : code;
    if (code !== 0) failed.push(name);
  }
  log(failed.length === 0 ? `Passed: ${steps.map(([name]) => name).join(', ')}.` : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}
