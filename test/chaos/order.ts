/** What a worker process is told when it is started, as one JSON argument. It reads no environment. */
import type { CrashPoint } from '../../apps/worker/src/crash-points.ts';

export interface WorkerOrder {
  redisUrl: string;
  /** Configuration, as the environment would give it. */
  environment: Record<string, string>;
  /** Where relative folders are resolved. */
  folder: string;
  lockMs: number;
  trap?: Trap | undefined;
  /** Milliseconds of its clock's error after each SIGUSR2, in turn. */
  clockJumps?: readonly number[] | undefined;
}

/** At the n-th time that a generation (or batch) with this prefix comes to the point, the process gets the signal there. */
interface Trap {
  point: CrashPoint;
  prefix: string;
  hit: number;
  signal: 'SIGKILL' | 'SIGSTOP';
}

/** What a worker process says, a JSON line each. */
export type WorkerWord = { event: 'ready' } | { event: 'trap'; point: CrashPoint; subject: string };
