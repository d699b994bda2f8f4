import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['dailies-source'] },
  ssr: { resolve: { conditions: ['dailies-source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'scripts/**/*.test.mjs', 'test/**/*.test.ts'],
    globalSetup: ['test/support/redis.ts'],
    setupFiles: ['test/support/declared-keys.ts'],
    // Two cores; every test owns its Redis tag, its ports and its folders.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
