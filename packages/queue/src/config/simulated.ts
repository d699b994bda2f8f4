/** Whether the upstreams of a configuration are simulated: its keys are the one that `--simulate` and the demo use, and no upstream gives out. */
import type { Config } from './config.ts';

export const SIMULATED_KEY = 'simulated';

export function isSimulated(config: Config): boolean {
  const accounts = Object.values(config.providers).flatMap(({ account }) => account ?? []);
  return accounts.length > 0 && accounts.every(({ apiKey }) => apiKey.reveal() === SIMULATED_KEY);
}
