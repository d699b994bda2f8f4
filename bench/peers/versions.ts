/** The versions that were compared. */
import { readFileSync } from 'node:fs';

export function versions(): Record<string, string> {
  const packages = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { dependencies: Record<string, string> };
  const bullmq = JSON.parse(readFileSync(new URL('../../node_modules/bullmq/package.json', import.meta.url), 'utf8')) as { version: string };
  return { bullmq: bullmq.version, ...packages.dependencies };
}
