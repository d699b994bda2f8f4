import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  resolve: { conditions: ['dailies-source'] },
  ssr: { resolve: { conditions: ['dailies-source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/**/*.test.mjs', 'test/**/*.test.ts'],
    globalSetup: ['test/support/redis.ts', 'test/support/programs.ts'],
    setupFiles: ['test/support/declared-keys.ts'],
    // More than there are cores, since tests wait more than they work; every test owns its Redis tag, its ports and its folders.
    maxWorkers: 5,
    sequence: { sequencer: LongestFirst },
    // Loading everything anew for each of three hundred files would take a third of the run's CPU.
    isolate: false,
    // Only ends what hangs. The longest tests, of whole runs, take half a minute, and three times that on a slow machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is waited for with `expect.poll` comes: Vitest's own second is too short for a machine that is slow, or busy.
    expect: { poll: { timeout: 20_000 } },
  },
});
