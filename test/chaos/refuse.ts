/** The ways in which a Redis that is there, and answers, refuses what writes: a script keeps it busy, its memory is full, it is a replica. */
import { Redis } from 'ioredis';

export const REFUSALS = ['BUSY', 'OOM', 'READONLY'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Resolves, once the server at this port of this machine refuses, with what ends it. BUSY refuses what reads, too. */
export async function refuse(port: number, refusal: Refusal): Promise<() => Promise<void>> {
  const redis = connect(port);
  const end = await BEGIN[refusal](redis, port);
  return async () => {
    await end();
    redis.disconnect();
  };
}

const BEGIN: Readonly<Record<Refusal, (redis: Redis, port: number) => Promise<() => Promise<unknown>>>> = {
  BUSY: busy,
  async OOM(redis) {
    await redis.config('SET', 'maxmemory', 1);
    return () => redis.config('SET', 'maxmemory', 0);
  },
  async READONLY(redis) {
    // Nobody serves there, so that it keeps what it has.
    await redis.replicaof('127.0.0.1', 1);
    return () => redis.replicaof('NO', 'ONE');
  },
};

async function busy(redis: Redis, port: number): Promise<() => Promise<void>> {
  const spinner = connect(port);
  const [, patience = '5000'] = await redis.config('GET', 'lua-time-limit');
  await redis.config('SET', 'lua-time-limit', 1);
  const spun = spinner.eval('while true do end', 0).catch(() => undefined);
  while (!(await redis.ping().catch(String)).includes('BUSY'));
  return async () => {
    await redis.script('KILL');
    await spun;
    await redis.config('SET', 'lua-time-limit', patience);
    spinner.disconnect();
  };
}

/** Ready at once: a server that is busy answers no question whether it is. */
function connect(port: number): Redis {
  return new Redis(port, '127.0.0.1', { enableReadyCheck: false });
}
