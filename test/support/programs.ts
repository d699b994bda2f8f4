/**
 * Bundles the programs that tests start, once for each run of the suite. From source each start costs more than a second of CPU, and the end-to-end
 * tests start hundreds. The sources and packages are the same, with nothing left out or replaced. What is imported on demand stays a file of its own,
 * as it is for users: a command loads only what it needs.
 */
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where each program begins, by the path of its source relative to the clone. */
    programs: Record<string, string>;
  }
}

const CLONE = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = [
  'apps/producer/src/main.ts', 'apps/producer/src/api/main.ts', 'apps/worker/src/main.ts', 'apps/dashboard/src/main.ts', 'examples/clients/shared-redis.ts',
  // Of the tests themselves.
  'packages/results/src/testing/put-process.ts', 'test/chaos/worker-process.ts', 'test/e2e/connection-record.ts',
  'bench/upstream/upstream-process.ts', 'bench/pipeline/bare-enqueue.ts', 'bench/pipeline/bare-worker.ts', 'bench/pipeline/guarded-worker.ts',
  'bench/pipeline/dailies-enqueue.ts',
];

export default async function bundlePrograms(project: TestProject): Promise<() => Promise<void>> {
  // The folder is below node_modules, so that the programs find the packages.
  const cache = path.join(CLONE, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'dailies-programs-'));
  await build({
    entryPoints: SOURCES.map((source) => path.join(CLONE, source)),
    outdir: folder,
    outbase: CLONE,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    conditions: ['dailies-source'],
    // These read files of their own packages.
    external: ['@bull-board/*'],
    // CommonJS packages call `require`, which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [KEEPS_ITS_PLACE],
    logLevel: 'error',
  });
  project.provide('programs', Object.fromEntries(SOURCES.map((source) => [source, path.join(folder, source.replace(/\.ts$/, '.mjs'))])));
  return () => rm(folder, { recursive: true, force: true });
}

/** Keeps `import.meta.url` of each source file: files find what belongs to them by their own place. */
const KEEPS_ITS_PLACE: Plugin = {
  name: 'a file says where its source is',
  setup(bundle) {
    bundle.onLoad({ filter: /\/(apps|packages)\/[^/]+\/src\/.*\.ts$/ }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      const contents = text.replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file))).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: 'ts' };
    });
  },
};
