/**
 * Closes an open breaker: asks the upstream something free, and only when that is answered lets submits go on. Whatever the upstream says is
 * an answer, a refusal too; silence, a 5xx or HTML is none.
 */
import { ProviderError, type ErrorKind, type Task } from '@dailies/providers';
import { accountState, learnAlive, nextToSubmit, readGenerations } from '@dailies/queue';
import { type Upstream, type WorkerContext, access } from '../context.ts';

/** How long a breaker stays open at the least; doubled with every opening in a row. */
const OPEN_FOR_MS = 20_000;
const NO_ANSWER: readonly ErrorKind[] = ['protocol', 'unavailable', 'ambiguous', 'aborted'];
const MOST_IN_FLIGHT = 20;
/** Ids that no upstream has given out: a number for some, a UUID for others. */
const NOBODYS_TASKS = ['100000000000000000', '00000000-0000-4000-8000-000000000000'];

type Asking = Pick<WorkerContext, 'store' | 'http' | 'log' | 'stopping'>;

/** A free request to make. */
interface Question {
  upstream: Upstream;
  task: Task;
}

export async function closeBreakers(context: Asking, upstreams: readonly Upstream[], openForMs = OPEN_FOR_MS): Promise<void> {
  for (const account of new Set(upstreams.map((upstream) => upstream.account.id))) {
    if ((await accountState(context.store, account)).openSince === null) continue;
    const question = await someQuestion(context, account, upstreams.filter((upstream) => upstream.account.id === account));
    // Where nothing is in flight and nothing queued there is no task to ask about, and nothing to submit either.
    if (question === null || !(await isAnswered(context, question))) continue;
    if (await learnAlive(context.store, account, openForMs)) context.log.info({ account }, 'breaker closed: the upstream answers again');
  }
}

async function isAnswered(context: Asking, { upstream, task }: Question): Promise<boolean> {
  try {
    await upstream.provider.poll(task, { access: access(upstream), http: context.http, signal: context.stopping });
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return !NO_ANSWER.includes(error.kind);
  }
}

/** Asks about a task of ours in flight, or about one that nobody has. A random one each time: one poisoned task must not keep the breaker open. */
async function someQuestion({ store }: Asking, account: string, upstreams: readonly Upstream[]): Promise<Question | null> {
  const slots = await store.redis.zrange(store.keys.slots(account), '0', String(MOST_IN_FLIGHT - 1));
  // By provider, not the first generations that are alive: those may all be the backlog of another provider.
  const waiting = await Promise.all(upstreams.map(({ settings }) => nextToSubmit(store, settings.name)));
  const found = (await readGenerations(store, [...slots, ...waiting.flat()])).filter((one) => one !== null);
  const questions = upstreams.flatMap((upstream) => {
    const its = found.filter((one) => one.provider === upstream.settings.name);
    const tasks = its.flatMap((one) => (one.account === account && one.task !== undefined ? [one.task] : []));
    // A generation of any account will do: only the form of a task's id depends on its request. Those of another account may stand first for long.
    const nobodys = its.slice(0, 1).flatMap(({ request }) => nobodysTask(upstream, request));
    return [...tasks, ...nobodys].map((task): Question => ({ upstream, task }));
  });
  return questions[Math.floor(Math.random() * questions.length)] ?? null;
}

/** A task that nobody has, with an id of the form that this upstream gives out. */
function nobodysTask({ provider }: Upstream, request: unknown): Task[] {
  for (const text of NOBODYS_TASKS) {
    try {
      return [provider.taskFrom(text, request)];
    } catch {
      // Not of this form: the next one is.
    }
  }
  return [];
}
