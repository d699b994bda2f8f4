/**
 * Which parts of an answer about many tasks may be believed: for each task that was asked for, a single clear state. "Unknown" and "done without a
 * result" are left to a poll of the task alone, since a list may be cut or old. So is a task that stands in the answer twice with different states.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Progress } from './provider.ts';

export function certainAnswers(asked: readonly string[], said: Iterable<readonly [key: string | undefined, progress: Progress]>): Map<string, Progress> {
  const wanted = new Set(asked);
  const answers = new Map<string, Progress>();
  for (const [key, progress] of said) {
    if (key === undefined || !wanted.has(key)) continue;
    const before = answers.get(key);
    const isCertain = progress.state !== 'missing' && progress.state !== 'doubtful';
    if (isCertain && (before === undefined || isDeepStrictEqual(before, progress))) answers.set(key, progress);
    else {
      answers.delete(key);
      wanted.delete(key);
    }
  }
  return answers;
}
