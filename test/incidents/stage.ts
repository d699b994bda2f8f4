/**
 * Everything as on a server: Redis, two workers, the API, the dashboard and Prometheus, each a process of its own; only the upstreams are
 * simulated. Times that upstreams set are scaled down; those by which we notice something are the real ones.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { type Simulator, startSimulator } from '@dailies/simulator';
import { type ChaosRedis, startChaosRedis } from '../chaos/chaos-redis.ts';
import { type Child, startChild } from '../chaos/children.ts';
import { processEnvironment, upstreamSettings } from '../e2e/environment.ts';
import { freePort } from '../support/redis-server.ts';

export interface Stage {
  redis: ChaosRedis;
  simulator: Simulator;
  workers: Child[];
  /** Enqueues one prompt by the API. */
  ask: (provider: string, prompt: string) => Promise<void>;
  overview: () => Promise<string>;
  /** What every process that answers shows at /metrics. */
  metrics: () => Promise<string>;
  /** Names of the alerts that fire. */
  alerts: () => Promise<string[]>;
  close: () => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOKEN = 'the-token-of-a-rehearsal';
const PASSWORD = 'a rehearsal, no secret';
const ACEDATA_SLOTS = 2;
/** How much faster upstream time runs. */
const SPEED = 600;

export async function openStage(folder: string): Promise<Stage> {
  const redis = await startChaosRedis(folder);
  const aDay = 24 * 3_600_000 * SPEED;
  const simulator = await startSimulator({ speed: SPEED, limits: { acedata: ACEDATA_SLOTS }, durations: { luma: aDay, allegro: aDay } });
  const [api, dashboard, prometheus, ...workerPorts] = await Promise.all(Array.from({ length: 5 }, freePort));
  const environment = processEnvironment({
    ...upstreamSettings(simulator.url),
    LUMA_POLL_MIN_MS: '1000',
    LUMA_POLL_MAX_MS: '2000',
    ACEDATA_MAX_IN_FLIGHT: String(ACEDATA_SLOTS),
    REDIS_URL: redis.url,
    DAILIES_DIR: path.join(folder, 'state'),
    OUT_DIR: path.join(folder, 'out'),
    METRICS_TOKEN: TOKEN,
    DASHBOARD_PASSWORD: PASSWORD,
    DASHBOARD_PORT: String(dashboard),
    PORT: String(api),
    LOG_LEVEL: 'info',
  });
  const start = async (file: string, more: Record<string, string> = {}): Promise<Child> => {
    const words = ['--conditions=dailies-source', '--import', 'tsx', path.join(ROOT, file)];
    const child = startChild(process.execPath, words, { cwd: ROOT, env: { ...environment, ...more }, stdio: ['ignore', 'ignore', 'pipe'] });
    await isUp(child);
    return child;
  };
  const workers = await Promise.all(workerPorts.map((port) => start('apps/worker/src/main.ts', { WORKER_PORT: String(port) })));
  const services = await Promise.all([start('apps/producer/src/api/main.ts'), start('apps/dashboard/src/main.ts')]);
  const watcher = await startPrometheus(folder, Number(prometheus), { 'dailies-worker': workerPorts, 'dailies-api': [api], 'dailies-dashboard': [dashboard] });

  const get = (url: string, authorization: string) => fetch(url, { headers: { authorization, accept: 'text/html' }, signal: AbortSignal.timeout(3_000) });
  return {
    redis,
    simulator,
    workers,
    async ask(provider, prompt) {
      const response = await fetch(`http://127.0.0.1:${api}/v1/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ provider, prompt }),
      });
      if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
    },
    async overview() {
      const response = await get(`http://127.0.0.1:${dashboard}/`, `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`);
      return response.text();
    },
    async metrics() {
      const ports = [api, dashboard, ...workerPorts];
      const texts = await Promise.all(ports.map((port) => get(`http://127.0.0.1:${port}/metrics`, `Bearer ${TOKEN}`).then((response) => response.text(), () => '')));
      return texts.join('\n');
    },
    async alerts() {
      const response = await fetch(`http://127.0.0.1:${prometheus}/api/v1/alerts`);
      const { data } = (await response.json()) as { data: { alerts: { state: string; labels: { alertname: string } }[] } };
      return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
    },
    async close() {
      for (const child of [watcher, ...services, ...workers]) {
        child.kill('SIGKILL');
        await child.gone;
      }
      await redis.close();
    },
  };
}

/** The configuration and the rules of the compose file, with the addresses of this stage. */
async function startPrometheus(folder: string, port: number, ports: Record<string, readonly (number | undefined)[]>): Promise<Child> {
  const place = path.join(folder, 'prometheus');
  await mkdir(place);
  const deployed = path.join(ROOT, 'deploy/prometheus');
  const config = parse(await readFile(path.join(deployed, 'prometheus.yml'), 'utf8')) as { rule_files: string[]; scrape_configs: { job_name: string }[] };
  const authorization = { credentials_file: path.join(place, 'token') };
  const scrape_configs = config.scrape_configs.map(({ job_name }) => {
    const targets = (ports[job_name] ?? []).map((one) => `127.0.0.1:${one}`);
    return { job_name, authorization, static_configs: [{ targets }] };
  });
  await writeFile(path.join(place, 'token'), TOKEN);
  await writeFile(path.join(place, 'prometheus.yml'), stringify({ ...config, rule_files: [path.join(deployed, 'alerts.yml')], scrape_configs }));
  const words = [
    `--config.file=${path.join(place, 'prometheus.yml')}`,
    `--storage.tsdb.path=${path.join(place, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return startChild('prometheus', words, { stdio: 'ignore' });
}

async function isUp(child: Child): Promise<void> {
  if (child.process.stderr === null) throw new Error('no stderr');
  let said = '';
  for await (const line of createInterface(child.process.stderr)) {
    said += `${line}\n`;
    if (/is up|Dashboard: /.test(line)) {
      child.process.stderr.resume();
      return;
    }
  }
  throw new Error(`a process ended before it was up:\n${said}`);
}
