/** The harness of the whole-path benchmarks works: a few prompts, no figures. */
import { expect, test } from 'vitest';
import { bare, guarded } from '../../bench/pipeline/bare.ts';
import { dailies } from '../../bench/pipeline/dailies.ts';
import { measure } from '../../bench/pipeline/measure.ts';

test.each([bare, guarded, dailies])('$name makes every prompt into a file with one POST, two polls and one fetch', async (contestant) => {
  const measured = await measure(contestant, { count: 20, warmUp: 3 });
  expect(measured).toMatchObject({ requestsPerGeneration: 4, repeatedPosts: 0 });
  expect(measured.generationsPerSecond).toBeGreaterThan(0);
  expect(measured.workerCpuMsPerGeneration).toBeGreaterThan(0);
}, 180_000);
