/**
 * Restate as a contestant: its server from npm, one node, its log flushed at each write (its default), and our handler as its deployment. The
 * handler is registered once, before anything is measured.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/redis-server.ts';
import type { Contestant, Enqueued } from '../pipeline/contestant.ts';
import { filesIn } from '../pipeline/files.ts';
import { costOf } from '../pipeline/process-cost.ts';
import { endWithUs, kill, resultOf, spawnProgram } from '../pipeline/program.ts';

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

export const restate: Contestant = {
  name: 'Restate',
  async open({ folder, outFolder, upstreamUrl }) {
    const [ingress, admin, fabric, handler] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const log = openSync(path.join(folder, 'restate.log'), 'a');
    const listening = ['--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--bind-port', String(fabric)];
    const server = spawn(serverProgram(), ['--no-logo', ...listening, '--base-dir', path.join(folder, 'restate')], {
      cwd: folder,
      env: {
        RESTATE_NODE_NAME: 'bench',
        RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
        // A partition is a thread's work: the default of 24 is for larger machines.
        RESTATE_DEFAULT_NUM_PARTITIONS: '4',
        // So that a worker that is back is called again within a second, however long it was away.
        RESTATE_DEFAULT_RETRY_POLICY__INITIAL_INTERVAL: '100ms',
        RESTATE_DEFAULT_RETRY_POLICY__MAX_INTERVAL: '1s',
        RESTATE_DEFAULT_RETRY_POLICY__MAX_ATTEMPTS: '1000',
        RESTATE_DISABLE_TELEMETRY: 'true',
        DO_NOT_TRACK: '1',
      },
      stdio: ['ignore', log, log],
    });
    const child = endWithUs(server);
    const logFile = path.join(folder, 'worker.log');
    const startWorker = async (): Promise<ChildProcess> => {
      const worker = spawnProgram(program('restate-worker.ts'), [String(handler), upstreamUrl, outFolder], { logFile });
      await once(worker, 'message');
      return worker;
    };
    const first = await startWorker();
    await register(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${handler}`, child);
    await kill(first);
    return {
      server: { cost: () => costOf(child.pid ?? 0), operations: async () => Number.NaN },
      startWorker,
      enqueue: (group, count) => {
        const args = [`http://127.0.0.1:${ingress}`, group, String(count)];
        return resultOf<Enqueued>(spawnProgram(program('restate-enqueue.ts'), args, { logFile }), 'putting prompts into Restate');
      },
      finished: (group) => filesIn(path.join(outFolder, group)),
      close: () => kill(child),
    };
  },
};

async function register(adminUrl: string, uri: string, server: ChildProcess): Promise<void> {
  const body = JSON.stringify({ uri });
  for (let look = 0; look < 300; look += 1) {
    const answer = await fetch(`${adminUrl}/deployments`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).catch(() => null);
    if (answer?.ok === true) return;
    if (server.exitCode !== null) break;
    await rest(100);
  }
  throw new Error('Restate did not take our handler');
}

function serverProgram(): string {
  const { resolve } = createRequire(new URL('package.json', import.meta.url));
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return resolve(`${platform}/bin/restate-server`);
}
