/**
 * Bundles a process of the suite into one plain file, which starts in a fifth of a second: there are a thousand kills. The sources are the same, with
 * nothing left out or replaced.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export function bundleWorker(folder: string): Promise<string> {
  return bundle('worker-process.ts', folder);
}

export function bundleApi(folder: string): Promise<string> {
  return bundle('people/api-process.ts', folder);
}

async function bundle(source: string, folder: string): Promise<string> {
  const outfile = path.join(folder, `${path.basename(source, '.ts')}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['dailies-source'],
    // CommonJS packages call `require`, which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return outfile;
}
