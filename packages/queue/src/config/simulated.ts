/** Whether the upstreams of a configuration are simulated: its keys are the one that `--simulate` and the demo use, and no upstream gives out. */
import type { Config } from './config.ts';

export const SIMULATED_KEY = 'simulated';

export function isSimulated(config: Config): boolean {
  const accounts = Object.values(config.providers).flatMap(({ account }) => account ?? []);
  return accounts.length > 0 && accounts.every(({ apiKey }) => apiKey.reveal() === SIMULATED_KEY);
}

/** What every suggested command must end with. Simulated and real generations may have the same ids: without it, a copied command acts on the real ledger. */
export function commandSuffix(config: Config): '' | ' --simulate' {
  return isSimulated(config) ? ' --simulate' : '';
}
