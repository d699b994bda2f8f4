/**
 * `npm run incidents`: stages what wakes an operator, against real processes and a real Prometheus, and holds the overview, the metrics and
 * the alert rules to their promise: within 30 s each says the right thing. Three minutes; needs `prometheus` (Debian: apt-get install
 * prometheus). Figures in bench/results/incidents.json.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { Incident } from './incident.ts';
import { incidentsOf } from './incidents.ts';
import { openStage, type Stage } from './stage.ts';

const PROMISED_MS = 30_000;
const LOOK_MS = 250;
const RESULTS = new URL('../../bench/results/incidents.json', import.meta.url);

interface Seen {
  incident: string;
  /** Seconds from the cause; null: not within the promise. */
  overview: number | null;
  metrics: number | null;
  alert: number | null;
  alertName: string;
}

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    process.stderr.write('npm run incidents takes no options: it stages everything, and writes bench/results/incidents.json\n');
    return process.argv[2] === '--help' ? 0 : 2;
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-incidents-'));
  const stage = await openStage(folder);
  const seen: Seen[] = [];
  try {
    await quiet(stage);
    for (const incident of incidentsOf(stage)) {
      const one = await watch(stage, incident);
      seen.push(one);
      process.stdout.write(`${one.incident.padEnd(36)} overview ${said(one.overview)} · metrics ${said(one.metrics)} · ${one.alertName} ${said(one.alert)}\n`);
      await incident.cure();
    }
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
  await writeFile(RESULTS, `${JSON.stringify({ promisedSeconds: PROMISED_MS / 1000, seen }, null, 2)}\n`);
  const isHeld = seen.every(({ overview, metrics, alert }) => overview !== null && metrics !== null && alert !== null);
  process.stdout.write(isHeld ? 'Each was said everywhere within 30 s.\n' : 'Not everything was said within 30 s.\n');
  return isHeld ? 0 : 1;
}

/** Before anything is wrong nothing may be said to be: else a later word proves nothing. */
async function quiet(stage: Stage): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const [overview, alerts] = await Promise.all([stage.overview(), stage.alerts().catch(() => ['Prometheus does not answer'])]);
    if (alerts.length === 0 && overview.includes('2 workers at work')) break;
    if (Date.now() > until) throw new Error(`it is not quiet before the first incident: ${alerts.join(', ')}`);
    await rest(LOOK_MS);
  }
  for (const { name, overview, metric } of incidentsOf(stage)) {
    if (overview.test(await stage.overview()) || metric.test(await stage.metrics())) throw new Error(`${name}: is said before it happens`);
  }
}

async function watch(stage: Stage, { name, cause, overview, metric, alert }: Incident): Promise<Seen> {
  await cause();
  const began = performance.now();
  const since = async (isSaid: () => Promise<boolean>): Promise<number | null> => {
    while (performance.now() - began < PROMISED_MS) {
      if (await isSaid().catch(() => false)) return (performance.now() - began) / 1000;
      await rest(LOOK_MS);
    }
    return null;
  };
  const [onPage, inMetrics, asAlert] = await Promise.all([
    since(async () => overview.test(await stage.overview())),
    since(async () => metric.test(await stage.metrics())),
    since(async () => (await stage.alerts()).includes(alert)),
  ]);
  return { incident: name, overview: onPage, metrics: inMetrics, alert: asAlert, alertName: alert };
}

function said(seconds: number | null): string {
  return seconds === null ? 'NOT SAID' : `${seconds.toFixed(1)} s`;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return 2;
  }),
);
