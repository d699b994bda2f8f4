/**
 * Asks about several tasks with one request, and deals with what the answer leaves open. A task that is missing from the answer is polled alone. After
 * a bad answer every task is, since one poisoned id must not blind the others. Of no task it says anything that the upstream has not said of that task.
 *
 * An outage must not multiply the requests: after a bad answer two of the tasks are polled alone first, and if neither is answered, the error goes to
 * all who wait.
 */
import { ProviderError, type Call, type ErrorKind, type Progress, type Provider, type Task } from '@dailies/providers';
import type { BatchSize } from './batch-size.ts';

/** One task that somebody waits to hear of. */
export interface Look {
  task: Task;
  key: string;
  tell: (progress: Progress) => void;
  fail: (error: unknown) => void;
}

export interface Manners {
  size: BatchSize;
  /** Neither the question about many nor a poll of this task alone was answered: the task is kept out of the next questions about many. */
  suspect: (key: string) => void;
  now: () => number;
}

type Many = Required<Pick<Provider, 'poll' | 'pollMany'>>;

export function hasMany(provider: Provider): provider is Provider & Many {
  return provider.pollMany !== undefined;
}

/** Nothing was sent, or we have stopped: no other question would fare better. */
const NOT_SENT: ReadonlySet<ErrorKind> = new Set(['aborted', 'unavailable']);
const LIMITED: ReadonlySet<ErrorKind> = new Set(['rate', 'slots']);

export async function askTogether(provider: Many, looks: readonly Look[], call: Call, manners: Manners): Promise<void> {
  try {
    const answers = await provider.pollMany(looks.map(({ task }) => task), call);
    const left = looks.filter(({ key }) => !answers.has(key));
    for (const { key, tell } of looks) {
      const progress = answers.get(key);
      if (progress !== undefined) tell(progress);
    }
    if (left.length === 0) manners.size.whole(looks.length);
    else if ((await askEach(provider, left, call)).some((word) => isKnown(word))) manners.size.cut(answers.size, manners.now());
  } catch (error) {
    const isForAll = !(error instanceof ProviderError) || NOT_SENT.has(error.kind) || (LIMITED.has(error.kind) && !manners.size.limited());
    if (isForAll) for (const { fail } of looks) fail(error);
    else await askOneByOne(provider, looks, call, manners);
  }
}

async function askOneByOne(provider: Many, looks: readonly Look[], call: Call, manners: Manners): Promise<void> {
  const [one, ...others] = looks.toSorted(() => Math.random() - 0.5);
  const [other, ...rest] = others;
  if (one === undefined || other === undefined) return;
  const words = await Promise.all([one, other].map(({ task }) => hear(provider, task, call)));
  if (words.every((word) => word instanceof Error)) {
    const [word] = words;
    for (const { fail } of looks) fail(word);
    return;
  }
  pass(one, words[0]);
  pass(other, words[1]);
  const more = await askEach(provider, rest, call);
  const unanswered = [one, other, ...rest].filter((_look, at) => [...words, ...more][at] instanceof Error);
  for (const { key } of unanswered) manners.suspect(key);
  if (unanswered.length === 0) manners.size.bad(manners.now());
}

async function askEach(provider: Many, looks: readonly Look[], call: Call): Promise<Word[]> {
  return Promise.all(
    looks.map(async (look) => {
      const word = await hear(provider, look.task, call);
      pass(look, word);
      return word;
    }),
  );
}

type Word = Progress | Error | undefined;

async function hear(provider: Many, task: Task, call: Call): Promise<Word> {
  try {
    return await provider.poll(task, call);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function pass({ tell, fail }: Look, word: Word): void {
  if (word === undefined || word instanceof Error) fail(word);
  else tell(word);
}

function isKnown(word: Word): boolean {
  return word !== undefined && !(word instanceof Error) && word.state !== 'missing' && word.state !== 'doubtful';
}
