/** What Redis can do to the workers: be killed and come back from its file, freeze, or leave them with dead connections. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PROVIDER_NAMES } from '@dailies/providers';
import { type MortalRedis, startMortalRedis } from '../mortal-redis.ts';
import { type PartResult, type Surroundings, conclude, median, untilNextEvent } from '../part.ts';
import { seeded } from '../random.ts';
import { type Stage, openStage } from '../stage.ts';

export interface RedisOptions {
  kills: number;
  freezeMs: number;
  halfOpen: boolean;
}

export async function redis(surroundings: Surroundings, options: RedisOptions): Promise<PartResult> {
  const { folder, seed, tell, kind } = surroundings;
  const random = seeded(seed);
  // One of its own: it is killed.
  const server = await startMortalRedis(kind, path.join(folder, 'redis-part'));
  const stage = await openStage({ ...surroundings, replicas: server.replicas, redisUrl: server.url, workersRedisUrl: server.workersUrl, name: 'redis', simulator: { seed } });
  const backAfter: number[] = [];
  const figures: Record<string, number | string> = {};
  let wrong: string[] = [];
  try {
    await Promise.all([stage.worker().ready, stage.worker().ready]);
    for (let kill = 1; kill <= options.kills; kill += 1) {
      await stage.accept('redis', [...PROVIDER_NAMES, ...PROVIDER_NAMES]);
      // Accepted while it dies, too: acknowledged or not, nothing in between.
      const meanwhile = stage.accept('meanwhile', PROVIDER_NAMES);
      await moment(random.between(0, 1_500));
      await server.kill();
      await moment(random.between(0, 2_500));
      await server.restart();
      backAfter.push(await nextStep(stage));
      await meanwhile;
      tell(`Redis killed ${kill} of ${options.kills}: workers went on ${backAfter.at(-1)} ms after its return`);
    }
    figures['kills of Redis'] = options.kills;
    figures['workers went on after, ms (median)'] = median(backAfter);
    figures['workers went on after, ms (longest)'] = Math.max(0, ...backAfter);
    if (options.freezeMs > 0) figures[`went on after a freeze of ${options.freezeMs / 1000} s, ms`] = await frozen(stage, server, options.freezeMs);
    if (options.halfOpen && server.wire !== null) figures['went on after every connection was half-open, ms'] = await halfOpen(stage, server.wire);
    wrong = await conclude(stage);
    figures['generations acknowledged'] = stage.accepted.length;
    figures['acknowledged and lost'] = wrong.filter((finding) => finding.endsWith('is lost')).length;
    wrong.push(...(await rescued(surroundings, server, figures)));
  } finally {
    await stage.close(wrong.length > 0);
    await server.close();
  }
  return { name: 'redis', did: `${server.did} It is frozen for a while. The workers' connections go silent without being closed. A worker is told to stop while Redis is away and the answer to a paid request is not recorded yet.`, figures, findings: wrong, skipped: server.wire === null ? ['connections that go silent without being closed (Sentinels and a Cluster name the servers themselves, so nothing can be put in between)'] : [] };
}

async function frozen(stage: Stage, server: MortalRedis, ms: number): Promise<number> {
  await stage.accept('frozen', PROVIDER_NAMES);
  await server.freeze();
  await moment(ms);
  server.thaw();
  return nextStep(stage);
}

async function halfOpen(stage: Stage, wire: NonNullable<MortalRedis['wire']>): Promise<number> {
  await stage.accept('half-open', PROVIDER_NAMES);
  wire.silenceThoseConnected();
  return nextStep(stage);
}

/** A paid answer in hand, Redis gone, and a stop: the task id goes into a rescue file, which the next start replays. */
async function rescued(surroundings: Surroundings, server: MortalRedis, figures: Record<string, number | string>): Promise<string[]> {
  const stage = await openStage({ ...surroundings, replicas: server.replicas, redisUrl: server.url, name: 'rescue' });
  let wrong: string[] = [];
  try {
    const worker = stage.worker({ trap: { point: 'submit:answered', prefix: 'rescue', hit: 1, signal: 'SIGSTOP' } });
    await worker.ready;
    await stage.accept('rescue', ['allegro']);
    await worker.trapped;
    await server.killAll();
    const ended = await worker.end(60_000);
    const files = await readdir(path.join(stage.config.stateFolder, 'rescue')).catch(() => []);
    await server.restartAll();
    await stage.worker().ready;
    wrong = await conclude(stage);
    if (!ended) wrong.push('rescue: the worker did not stop while Redis was away');
    if (files.length !== 1) wrong.push(`rescue: ${files.length} rescue files were written, not one`);
    figures['rescue files written and replayed'] = files.length;
    return wrong;
  } finally {
    await stage.close(wrong.length > 0);
  }
}

/** Milliseconds until a worker has moved something on in the ledger: the next useful step. There is something to be moved on. */
async function nextStep(stage: Stage): Promise<number> {
  const [tookMs] = await Promise.all([untilNextEvent(stage, Date.now()), stage.accept('afterwards', PROVIDER_NAMES)]);
  return tookMs;
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
