import { expect, test } from 'vitest';
import { createUnanswered } from './unanswered.ts';

test('who asks for room waits until one of the submits has ended, and an end that is told twice makes no second room', async () => {
  const unanswered = createUnanswered(2);
  await unanswered.room();
  unanswered.begin('a');
  unanswered.begin('b');
  expect(unanswered.isFull()).toBe(true);

  const order: string[] = [];
  const room = unanswered.room().then(() => order.push('room'));
  await Promise.resolve();
  order.push('end');
  unanswered.end('a');
  await room;
  expect(order).toEqual(['end', 'room']);

  unanswered.begin('c');
  unanswered.end('a');
  expect(unanswered.isFull()).toBe(true);
});
