/** Says so when no worker is there: nothing moves then, and nothing else would tell the person who waits. */
import type { Context } from '../../context.ts';
import type { Session } from '../../session.ts';

export async function warnWithoutWorker({ terminal }: Context, session: Session): Promise<void> {
  const text = await withoutWorkerText(session);
  if (text !== null) terminal.say(text);
}

/** Null: a worker is there. */
export async function withoutWorkerText({ desk, setting }: Session): Promise<string | null> {
  // When the workers cannot be counted, one is assumed: a wrong warning is worse than none.
  const workers = await Promise.all(desk.queues.all().map((queue) => queue.getWorkersCount().catch(() => 1)));
  if (workers.some((count) => count > 0)) return null;
  return `No worker is running now: ${howToRunAWorker(setting.simulator !== null)}.`;
}

export function howToRunAWorker(simulated: boolean): string {
  if (simulated) return '`dailies start --simulate` runs one, and `dailies run … --simulate` is one';
  return '`npm start` runs one, and `dailies run` is one';
}
