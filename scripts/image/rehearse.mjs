// `npm run image:rehearse`: does what the Dockerfile says, stage by stage, in clean folders of a temporary directory, without an engine;
// then starts what came out (Redis, the API, a worker, the dashboard, the simulator), asks each for its health with the image's own script, and stops it.
// What it cannot show: the base image itself, its user, and the read-only file system.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../setup/root.mjs';
import { readDockerfile } from './dockerfile.mjs';

const log = (line) => process.stderr.write(`${line}\n`);
const place = mkdtempSync(join(tmpdir(), 'dailies-image-'));
const running = [];

try {
  const runtime = await build();
  await tryOut(runtime);
  log('The image would build and start.');
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  for (const child of running.toReversed()) await stop(child);
  rmSync(place, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

async function build() {
  const folders = new Map();
  let last = '';
  for (const { name, from, steps } of readDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))) {
    last = join(place, name);
    mkdirSync(last);
    if (folders.has(from)) cpSync(folders.get(from), last, { recursive: true, verbatimSymlinks: true });
    folders.set(name, last);
    for (const step of steps) await take(step, last, folders);
  }
  return last;
}

async function take({ word, rest, flags, line }, folder, folders) {
  if (word === 'COPY') {
    const source = flags.from === undefined ? root : folders.get(flags.from);
    const words = rest.split(' ').map((path) => path.replace(/^\/app\/?/, ''));
    for (const path of words.slice(0, -1)) copy(join(source, path), join(folder, words.at(-1)), words.at(-1));
  }
  // Owners and folders outside of the application belong to the image alone.
  if (word === 'RUN' && !rest.includes('/data')) {
    log(`${basename(folder)}: ${rest}`);
    const child = spawn('sh', ['-c', rest], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${said}Dockerfile:${line}: ended with ${code}: ${rest}`);
  }
}

function copy(from, to, written) {
  if (!existsSync(from)) throw new Error(`Dockerfile: ${from} is not there.`);
  const target = statSync(from).isDirectory() ? to : written.endsWith('/') || existsSync(to) ? join(to, basename(from)) : to;
  cpSync(from, target, { recursive: true, verbatimSymlinks: true, filter: isOfImage });
}

// Of the clone, what .dockerignore leaves in; of an earlier stage everything.
function isOfImage(path) {
  return !path.startsWith(root) || !/\/(node_modules|dist|testing)$|\.test\.ts$/.test(path.slice(root.length));
}

async function tryOut(folder) {
  const redisPort = await freePort();
  start('redis-server', ['--port', redisPort, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], place, {});
  const environment = {
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    DAILIES_DIR: join(place, 'state'),
    OUT_DIR: join(place, 'out'),
    DASHBOARD_PASSWORD: 'a rehearsal, not a secret',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  };
  const [apiPort, workerPort, dashboardPort] = [await freePort(), await freePort(), await freePort()];
  const services = [
    start(process.execPath, ['apps/producer/dist/api/main.js'], folder, { ...environment, PORT: apiPort }),
    start(process.execPath, ['apps/worker/dist/main.js'], folder, { ...environment, WORKER_PORT: workerPort }),
    start(process.execPath, ['apps/dashboard/dist/main.js'], folder, { ...environment, DASHBOARD_PORT: dashboardPort }),
  ];
  for (const address of [`${apiPort}/readyz`, `${workerPort}/readyz`, `${workerPort}/metrics`, `${dashboardPort}/healthz`]) {
    await healthy(folder, `http://127.0.0.1:${address}`);
  }
  const simulator = start(process.execPath, ['apps/simulator/dist/main.js'], folder, {});
  await once(simulator.stdout, 'data');
  for (const child of [...services, simulator]) {
    const code = await stop(child);
    if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code} when it was stopped.`);
  }
}

async function healthy(folder, address) {
  for (let tries = 0; tries < 60; tries += 1) {
    const child = spawn(process.execPath, ['scripts/container/health.mjs', address], { cwd: folder, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code === 0) return log(`healthy: ${address}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${address} was not healthy within half a minute.`);
}

function start(program, words, cwd, environment) {
  const { PATH, HOME } = process.env;
  const child = spawn(program, words.map(String), {
    cwd,
    stdio: ['ignore', 'pipe', program === 'redis-server' ? 'ignore' : 'inherit'],
    env: { PATH, HOME, NODE_ENV: 'production', ...environment },
  });
  running.push(child);
  return child;
}

async function stop(child) {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
