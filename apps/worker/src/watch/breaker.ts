/**
 * Closes an open breaker: asks the upstream something free, and only when that is answered lets submits go on. Whatever the upstream says is
 * an answer, a refusal too; silence, a 5xx or HTML is none.
 */
import { ProviderError, type ErrorKind, type Task } from '@dailies/providers';
import { type Generation, accountState, learnAlive, readGenerations } from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';

/** How long a breaker stays open at the least; doubled with every opening in a row. */
const OPEN_FOR_MS = 20_000;
const NO_ANSWER: readonly ErrorKind[] = ['protocol', 'unavailable', 'ambiguous', 'aborted'];
/** Ids that no upstream has given out: a number for some, a UUID for others. */
const NOBODYS_TASKS = ['100000000000000000', '00000000-0000-4000-8000-000000000000'];

export async function closeBreakers(context: WorkerContext, desks: readonly Desk[], openForMs = OPEN_FOR_MS): Promise<void> {
  const accounts = new Map(desks.map((desk) => [desk.account.id, desk]));
  for (const [account, desk] of accounts) {
    if ((await accountState(context.store, account)).openSince === null) continue;
    if (!(await answers(context, desk))) continue;
    if (await learnAlive(context.store, account, openForMs)) context.log.info({ account }, 'breaker closed: the upstream answers again');
  }
}

async function answers(context: WorkerContext, desk: Desk): Promise<boolean> {
  const task = await someTask(context, desk);
  // Nothing of ours is there to ask with, and so nothing to submit either.
  if (task === null) return false;
  try {
    await task.desk.provider.poll(task.task, { access: access(desk), http: context.http, signal: context.stopping });
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return !NO_ANSWER.includes(error.kind);
  }
}

/** A task to ask for: one of ours in flight, else one that nobody has. */
async function someTask(context: WorkerContext, desk: Desk): Promise<{ desk: Desk; task: Task } | null> {
  const { store } = context;
  const ids = await store.redis.zrange(store.keys.slots(desk.account.id), '0', '4');
  const waiting = await store.redis.zrange(store.keys.live, '0', '99');
  const some = (await readGenerations(store, [...ids, ...waiting])).filter((one): one is Generation => one?.account === desk.account.id);
  const mine = some.filter(({ provider }) => provider === desk.settings.name);
  const rendering = mine.find(({ task }) => task !== undefined);
  if (rendering?.task !== undefined) return { desk, task: rendering.task };
  for (const { request } of mine) {
    for (const text of NOBODYS_TASKS) {
      try {
        return { desk, task: desk.provider.taskFrom(text, request) };
      } catch {
        // Not in the form of this upstream's ids: the other one is.
      }
    }
  }
  return null;
}
