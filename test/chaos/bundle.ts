/**
 * Builds the worker process into one plain file: it then starts in a fifth of a second, which a thousand kills are glad of.
 * The same sources, nothing left out or replaced.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function bundleWorker(folder: string): Promise<string> {
  const outfile = path.join(folder, 'worker-process.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('worker-process.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['dailies-source'],
    // Packages of the older kind ask for a `require`, which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}
