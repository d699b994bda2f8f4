/** What learned polling promises, on the simulator of policies in bench/pacing: the same draws at every run. `npm run bench -- --only pacing` does more of them. */
import { describe, expect, test } from 'vitest';
import { LOG_NORMALS, RUNS, againstOracle, delayAtEqualPolls, runAgainstFallback } from '../../bench/pacing/measure.ts';
import { growing } from '../../bench/pacing/policies.ts';

const EFFORT = { lessons: 1, shares: 300 };

describe.each([2, 5])('at %i s a poll', (secondsAPoll) => {
  test.each(Object.entries(LOG_NORMALS))('%s: once 200 tasks were seen it costs at most 1.05 of what the policy that knows the law does', (_name, law) => {
    expect(againstOracle(law, secondsAPoll, EFFORT).learned.worst).toBeLessThanOrEqual(1.05);
  });

  test.each(Object.entries(RUNS))('%s: from the first task on it never costs more than 5 % above the backoff', (_name, lawOf) => {
    expect(runAgainstFallback(lawOf, secondsAPoll, 600, EFFORT).worst).toBeLessThanOrEqual(1.05);
  });
});

test.each(Object.entries(LOG_NORMALS))('%s: with as many polls as exponential waits to 60 s the delay is half at most, or 0.7 where the law is wide', (name, law) => {
  expect(delayAtEqualPolls(law, growing(5, 2, 60), EFFORT).mean).toBeLessThanOrEqual(name.endsWith('0.8') ? 0.7 : 0.5);
});
