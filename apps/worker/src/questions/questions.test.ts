import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Progress, type Provider, ProviderError, PROVIDERS, type Task } from '@dailies/providers';
import { type PollJob } from './due-soon.ts';
import { type Questions, type QuestionsOptions, createQuestions } from './questions.ts';

const PENDING: Progress = { state: 'pending', phase: 'running' };
const UNREADABLE = () => new ProviderError('protocol', 'not a JSON object');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface House {
  questions: Questions;
  /** What was asked for, question by question. */
  asked: string[][];
  calledUp: string[];
  /** Deliveries that are under way. */
  active: number;
  stop: AbortController;
  ask(name: string, hurry?: boolean): Promise<Progress>;
}

function open(answers: { one?: (id: string) => Progress; many?: (ids: string[]) => string[] } = {}, changes: Partial<QuestionsOptions> = {}): House {
  const { one = () => PENDING, many = (ids) => ids } = answers;
  const stop = new AbortController();
  const house = { asked: [] as string[][], calledUp: [] as string[], active: 0, stop };
  const ids = (tasks: readonly Task[]): string[] => tasks.map((task) => PROVIDERS.luma.taskKey(task));
  const provider: Provider = {
    ...PROVIDERS.luma,
    poll: async (task) => {
      house.asked.push(ids([task]));
      return one(PROVIDERS.luma.taskKey(task));
    },
    pollMany: async (tasks) => {
      house.asked.push(ids(tasks));
      return new Map(many(ids(tasks)).map((id) => [id, PENDING]));
    },
  };
  const call = { access: { baseUrl: 'https://x.example', apiKey: 'k' }, signal: stop.signal } as QuestionsOptions['call'];
  const callUp = async (jobs: readonly PollJob[]): Promise<readonly PollJob[]> => {
    house.calledUp.push(...jobs.map(({ id }) => id));
    return jobs;
  };
  const questions = createQuestions({ provider, call, hands: { capacity: 100, active: () => house.active }, callUp, ...changes });
  return Object.assign(house, { questions, ask: (name: string, hurry = false) => questions.ask({ id: name, seq: 1 }, { id: name }, hurry) });
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `task-${at}`);
const errorOf = (promise: Promise<unknown>): Promise<ProviderError> => promise.then(() => Promise.reject(new Error('no error')), (error: ProviderError) => error);

test('what is due together goes out as one question, and each hears of its own', async () => {
  const house = open();
  const heard = Promise.all(names(8).map((name) => house.ask(name)));
  await vi.advanceTimersByTimeAsync(400);
  expect(await heard).toHaveLength(8);
  expect(house.asked).toEqual([names(8)]);
});

test('one that is due alone is asked alone, a few milliseconds later', async () => {
  const house = open();
  const heard = house.ask('task-0');
  await vi.advanceTimersByTimeAsync(25);
  expect(await heard).toEqual(PENDING);
  expect(house.asked).toEqual([['task-0']]);
});

test('none waits longer than four tenths of a second, however many arrive', async () => {
  const house = open();
  const first = house.ask('first').then(() => Date.now());
  const began = Date.now();
  for (const name of names(24)) {
    void house.ask(name);
    await vi.advanceTimersByTimeAsync(20);
  }
  expect((await first) - began).toBe(400);
});

test('calls those that come within two seconds and may come by now, no more than there are hands for, and waits for them', async () => {
  const house = open();
  house.active = 97;
  const soon = (name: string, ms: number, notBefore: number) => house.questions.expect({ id: name, seq: 1 }, { id: name }, ms, notBefore);
  soon('soon', 1_500, 0);
  soon('sooner', 1_000, 0);
  soon('soonest', 500, 0);
  soon('last', 1_900, 0);
  soon('too early', 1_000, 100);
  soon('far', 2_500, 0);
  const heard = house.ask('due');
  await vi.advanceTimersByTimeAsync(100);
  expect(house.calledUp).toEqual(['soonest', 'sooner', 'soon']);
  expect(house.asked).toEqual([]);
  const others = ['soonest', 'sooner', 'soon'].map((name) => house.ask(name));
  await vi.advanceTimersByTimeAsync(300);
  await Promise.all([heard, ...others]);
  expect(house.asked).toEqual([['due', 'soonest', 'sooner', 'soon']]);
});

test('goes without those that were called and do not come', async () => {
  const house = open();
  house.questions.expect({ id: 'elsewhere', seq: 1 }, { id: 'elsewhere' }, 500, 0);
  const heard = house.ask('due');
  await vi.advanceTimersByTimeAsync(400);
  expect(await heard).toEqual(PENDING);
  const gone = open({}, { callUp: async () => [] });
  gone.questions.expect({ id: 'gone', seq: 1 }, { id: 'gone' }, 500, 0);
  const again = gone.ask('due');
  await vi.advanceTimersByTimeAsync(25);
  expect(await again).toEqual(PENDING);
});

test('goes at once when every hand of the worker waits in it, or when a callback has come', async () => {
  const house = open({}, { hands: { capacity: 2, active: () => 2 } });
  await Promise.all(names(2).map((name) => house.ask(name)));
  expect(house.asked).toEqual([names(2)]);
  const called = open();
  await Promise.all([called.ask('waiting'), called.ask('called back', true)]);
  expect(called.asked).toEqual([['waiting', 'called back']]);
});

test('asks for no more at a time than the upstream takes, nor than half of the hands', async () => {
  const house = open();
  const heard = Promise.all(names(120).map((name) => house.ask(name)));
  await vi.advanceTimersByTimeAsync(400);
  await heard;
  expect(house.asked.map(({ length }) => length)).toEqual([50, 50, 20]);
  const few = open({}, { hands: { capacity: 20, active: () => 20 } });
  await Promise.all(names(20).map((name) => few.ask(name)));
  expect(few.asked.map(({ length }) => length)).toEqual([10, 10]);
});

test('what the answer leaves out is asked alone, and is not missing by that', async () => {
  const house = open({ many: (ids) => ids.slice(2) });
  const heard = Promise.all(names(5).map((name) => house.ask(name)));
  await vi.advanceTimersByTimeAsync(400);
  expect(await heard).toEqual(Array.from({ length: 5 }, () => PENDING));
  expect(house.asked).toEqual([names(5), ['task-0'], ['task-1']]);
});

test('one poisoned id blinds nobody, and is kept out of the next questions', async () => {
  const poison = 'task-3';
  const spoil = (id: string): Progress => {
    if (id === poison) throw UNREADABLE();
    return PENDING;
  };
  const house = open({ one: spoil, many: (ids) => (ids.forEach(spoil), ids) });
  const round = async (): Promise<PromiseSettledResult<Progress>[]> => {
    const heard = Promise.allSettled(names(10).map((name) => house.ask(name)));
    await vi.advanceTimersByTimeAsync(400);
    return heard;
  };
  for (let time = 0; time < 2; time += 1) {
    house.asked.length = 0;
    expect((await round()).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  }
  expect(house.asked.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([1, 9]);
});

test('an outage is asked about three times, not once for each task, and is one error for all', async () => {
  const fail = (): never => {
    throw UNREADABLE();
  };
  const house = open({ one: fail, many: fail });
  const heard = Promise.all(names(40).map((name) => errorOf(house.ask(name))));
  await vi.advanceTimersByTimeAsync(400);
  expect(new Set(await heard).size).toBe(1);
  expect(house.asked.map(({ length }) => length)).toEqual([40, 1, 1]);
});

test('where questions about many do not work, every task is asked alone', async () => {
  const house = open({ many: () => { throw new ProviderError('configuration', 'no such route'); } });
  for (let round = 0; round < 6; round += 1) {
    const heard = Promise.all(names(4).map((name) => house.ask(name)));
    await vi.advanceTimersByTimeAsync(400);
    expect(await heard).toHaveLength(4);
  }
  expect(house.asked.filter(({ length }) => length > 1).length).toBeLessThan(6);
  house.asked.length = 0;
  await Promise.all(names(4).map((name) => house.ask(name)));
  expect(house.asked).toEqual(names(4).map((name) => [name]));
});

test('a rate limit is heard by all, with its wait, and asked about no further', async () => {
  const house = open({ many: () => { throw new ProviderError('rate', 'slow down', { retryAfterMs: 2_000 }); } });
  const heard = Promise.all(names(10).map((name) => errorOf(house.ask(name))));
  await vi.advanceTimersByTimeAsync(400);
  const [error, ...others] = await heard;
  expect(error).toMatchObject({ kind: 'rate', retryAfterMs: 2_000 });
  expect(new Set(others)).toEqual(new Set([error]));
  expect(house.asked).toHaveLength(1);
});

test('a stop ends the waiting, and sends nothing', async () => {
  const house = open();
  const heard = Promise.all(names(3).map((name) => errorOf(house.ask(name))));
  house.stop.abort();
  expect(new Set((await heard).map(({ kind }) => kind))).toEqual(new Set(['aborted']));
  await vi.advanceTimersByTimeAsync(500);
  expect(house.asked).toEqual([]);
});

test('the same task twice at once is asked about twice', async () => {
  const house = open();
  const heard = Promise.all([house.ask('task-0'), house.ask('task-0')]);
  await vi.advanceTimersByTimeAsync(400);
  expect(await heard).toHaveLength(2);
});
