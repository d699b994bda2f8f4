/** The harness of the whole-path benchmarks works: a few prompts, no figures. */
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, inject, test } from 'vitest';
import { bare, guarded } from '../../bench/pipeline/bare.ts';
import { dailies } from '../../bench/pipeline/dailies.ts';
import { measure } from '../../bench/pipeline/measure.ts';
import { bundles } from '../../bench/pipeline/program.ts';

beforeAll(() => {
  for (const [source, program] of Object.entries(inject('programs'))) bundles.set(fileURLToPath(new URL(`../../${source}`, import.meta.url)), program);
});

test.each([bare, guarded, dailies])('$name makes every prompt into a file with one POST, two polls and one fetch', async (contestant) => {
  const measured = await measure(contestant, { count: 20, warmUp: 3 });
  expect(measured).toMatchObject({ requestsPerGeneration: 4, repeatedPosts: 0 });
  expect(measured.generationsPerSecond).toBeGreaterThan(0);
  expect(measured.workerCpuMsPerGeneration).toBeGreaterThan(0);
}, 180_000);
