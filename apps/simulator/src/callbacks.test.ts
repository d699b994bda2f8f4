import { expect, test } from 'vitest';
import { Alarms } from './alarms.ts';
import { Callbacks } from './callbacks.ts';
import type { Phase, Task } from './task.ts';

function followed(task: Pick<Task, 'acceptedAt' | 'startsAt' | 'finishesAt'>, since: number): Promise<Phase[]> {
  const told: Phase[] = [];
  const alarms = new Alarms();
  const tell = (_task: Task, phase: Phase): undefined => void told.push(phase);
  const rest = { id: 't', provider: 'luma', account: 'acedata:0', route: 'videos', callbackUrl: 'http://127.0.0.1:9/', traceId: 't', request: {}, prompt: 'x', quirks: {} } as const;
  new Callbacks(alarms, tell, () => true).follow({ ...rest, ...task }, since);
  return alarms.reached(Date.now()).then(() => told);
}

test('an end that came before its new task had its turn, on a machine with much to do, is told all the same', async () => {
  const acceptedAt = Date.now() - 1_000;
  expect(await followed({ acceptedAt, startsAt: acceptedAt + 2, finishesAt: acceptedAt + 20 }, acceptedAt)).toEqual(['submitted', 'processing', 'succeeded']);
});

test('of a task that is read from the state file only what is still to come is told', async () => {
  const now = Date.now();
  expect(await followed({ acceptedAt: now - 1_000, startsAt: now - 500, finishesAt: now }, now)).toEqual(['succeeded']);
});
