/** The dashboard as a process of its own, as `apps/dashboard` starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface DashboardProcess {
  url: string;
  pid: number;
  /** Megabytes of resident memory. */
  memoryMB(): Promise<number>;
  fetch(route: string): Promise<{ milliseconds: number; body: string }>;
  close(): Promise<void>;
}

export const PASSWORD = 'only for the bench';
const AUTHORIZATION = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
const MAIN = path.join(import.meta.dirname, '../../apps/dashboard/src/main.ts');

/** Starts it on a free port; resolves when it listens. `environment` names the ledger and the accounts. */
export async function startDashboard(environment: Record<string, string>): Promise<DashboardProcess> {
  const env = { ...environment, DASHBOARD_PORT: '0', DASHBOARD_PASSWORD: PASSWORD, LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [...process.execArgv, MAIN], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await addressOf(child);
  return {
    url,
    pid: child.pid ?? 0,
    memoryMB: async () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1000),
    async fetch(route) {
      const start = performance.now();
      const response = await fetch(`${url}${route}`, { headers: { authorization: AUTHORIZATION, accept: 'text/html' } });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${route}: ${response.status}`);
      return { milliseconds: performance.now() - start, body };
    },
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('no stderr');
  for await (const line of createInterface(child.stderr)) {
    const [url] = /http:\/\/[\d.:]+/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stderr.resume();
    return url;
  }
  throw new Error('the dashboard did not start');
}
