/**
 * Lets something happen between the look and the act of what is tested: just before the first script that is told `word`, a state for example. Scripts that
 * only read are told ids and names of fields. Answers whether it has happened, for the test to check: else it would show nothing.
 */
import { onTestFinished, vi } from 'vitest';
import type { TestLedger } from './ledger.ts';

export function beforeScript({ redis }: Pick<TestLedger, 'redis'>, word: string, happens: () => Promise<unknown>): () => boolean {
  let happened = false;
  const send = redis.evalsha.bind(redis) as (...words: unknown[]) => Promise<unknown>;
  const spy = vi.spyOn(redis, 'evalsha').mockImplementation(async (...words: unknown[]) => {
    if (!happened && words.includes(word)) {
      happened = true;
      await happens();
    }
    return send(...words);
  });
  onTestFinished(() => spy.mockRestore());
  return () => happened;
}
