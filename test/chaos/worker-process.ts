/**
 * A real worker, as a process that the chaos suite kills and stops. It is the worker of production, composed as `main.ts` does it;
 * what it adds is the signal that it sends itself at a named crash point, and a clock that can be made to jump.
 */
import { writeSync } from 'node:fs';
import { createLog, loadConfig } from '@dailies/queue';
import { createWorker } from '@dailies/worker';
import type { AtCrashPoint } from '../../apps/worker/src/crash-points.ts';
import type { WorkerOrder, WorkerWord } from './order.ts';

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder;

/** At once, by a system call: what a dying process has buffered is lost. */
function say(word: WorkerWord): void {
  writeSync(1, `${JSON.stringify(word)}\n`);
}

function springTrap(): AtCrashPoint {
  let hits = 0;
  return (point, subject) => {
    const { trap } = order;
    if (trap === undefined || trap.point !== point || !subject.startsWith(trap.prefix)) return;
    hits += 1;
    if (hits !== trap.hit) return;
    say({ event: 'trap', point, subject });
    process.kill(process.pid, trap.signal);
  };
}

function letClockJump(): void {
  const trueNow = Date.now;
  const jumps = [...(order.clockJumps ?? [])];
  let error = 0;
  Date.now = () => trueNow() + error;
  process.on('SIGUSR2', () => {
    error = jumps.shift() ?? 0;
  });
}

if (order.clockJumps !== undefined) letClockJump();
// The one who started us is gone: nobody would ever end us.
process.stdin.resume().on('end', () => process.exit(1));

const config = loadConfig(order.environment, { root: order.folder, cwd: order.folder });
const log = createLog({ level: config.logLevel, name: 'worker' });
const worker = createWorker({ config, redisUrl: order.redisUrl, log, healthPort: null, at: springTrap(), lockMs: order.lockMs });
process.once('SIGTERM', () => void worker.stop(config.stopDeadlineMs).then(() => process.exit(0)));
await worker.start();
say({ event: 'ready' });
