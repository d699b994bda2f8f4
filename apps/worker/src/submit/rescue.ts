/**
 * Rescue files: a paid task id that Redis did not take before the process had to stop. One file a generation, replayed by the next start.
 */
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Task } from '@dailies/providers';
import { about, handOver, learn, readGeneration } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import type { AcceptedAnswer } from './accepted-answer.ts';

type Rescuing = Pick<WorkerContext, 'config' | 'store' | 'queues' | 'prices' | 'log'>;

interface Rescue {
  v: 1;
  id: string;
  round: number;
  task: Task;
  taskKey: string;
  submittedAt: number;
}

type Unrecorded = Pick<AcceptedAnswer, 'generation' | 'task' | 'taskKey' | 'answeredAt'>;

export async function writeRescueFiles(context: Pick<WorkerContext, 'config' | 'log'>, answers: ReadonlyMap<string, Unrecorded>): Promise<void> {
  for (const { generation, task, taskKey, answeredAt } of answers.values()) {
    const rescue: Rescue = { v: 1, id: generation.id, round: generation.round, task, taskKey, submittedAt: answeredAt };
    const file = path.join(folder(context), `${generation.id}.json`);
    const said = { ...about(generation), task: taskKey, file };
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(`${file}.tmp`, JSON.stringify(rescue), { flush: true });
      await rename(`${file}.tmp`, file);
      context.log.error(said, 'Redis is away: the task id is in a rescue file');
    } catch (error) {
      // The log is the last place left for this task id. The other answers must still be written.
      const remedy = '`dailies resolve ID --task TASK` records the task later';
      context.log.error({ ...said, err: error }, `Redis is away, and the rescue file could not be written: ${remedy}`);
    }
  }
}

export async function replayRescueFiles(context: Rescuing): Promise<number> {
  const names = await readdir(folder(context)).catch(() => []);
  let replayed = 0;
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const file = path.join(folder(context), name);
    const rescue = await readRescue(context, file);
    if (rescue === null) continue;
    const generation = await readGeneration(context.store, rescue.id);
    // Written by a worker of another ledger that shares the folder (a simulated run, another tag): it stays for that one.
    if (generation === null) continue;
    const { deadlineMs } = context.config.providers[generation.provider].pace;
    const { submittedAt } = rescue;
    const bill = context.prices.bill(generation, 'acceptance');
    // The deadline counts from now, as for a task that a look-up found: nobody could poll it before, and how long polls were paused meanwhile is unknown.
    const patch = { submittedAt, deadlineAt: Date.now() + deadlineMs, attempts: Math.max(1, generation.attempts), bill };
    const learned = await learn(context.store, generation, {
      ...rescue,
      by: `${rescue.round}.rescue`,
      patch,
      note: 'from a rescue file',
      slotUntil: submittedAt + deadlineMs,
    });
    if (learned.outcome === 'adopted') {
      await handOver(context.store, context.queues, [{ ...generation, task: rescue.task, state: 'rendering', seq: learned.seq }]);
    }
    await rm(file, { force: true });
    replayed += 1;
    context.log.info({ ...about(generation), task: rescue.taskKey, outcome: learned.outcome }, 'rescue file replayed');
  }
  return replayed;
}

/** Null: it cannot be read, or it is gone, since every shard and every worker with this folder replays what it finds. */
async function readRescue({ log }: Rescuing, file: string): Promise<Rescue | null> {
  try {
    const found: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isRescue(found)) return found;
    throw new Error('it is not what this version writes');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    // It must not keep a worker from starting. It stays where it is, since a person may need what is in it, and the next sweep tries it again.
    if (!unreadable.has(file)) log.error({ file, err: error }, 'a rescue file cannot be read: it may name a paid task (`dailies resolve ID --task TASK`)');
    unreadable.add(file);
    return null;
  }
}

function isRescue(found: unknown): found is Rescue {
  if (typeof found !== 'object' || found === null) return false;
  const { v, id, task, taskKey }: Partial<Rescue> = found;
  return v === 1 && typeof id === 'string' && typeof taskKey === 'string' && typeof task === 'object';
}

/** Files that were complained of in the log already, so that each is once. */
const unreadable = new Set<string>();

function folder({ config }: Pick<WorkerContext, 'config'>): string {
  return path.join(config.stateFolder, 'rescue');
}
