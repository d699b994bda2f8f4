/** A generation as the intake is given it, for measurements that put work in by themselves. */
import { PROVIDERS, type ProviderName } from '@dailies/providers';
import type { NewGeneration } from '@dailies/queue';

interface Wanted {
  id: string;
  provider: ProviderName;
  account: string;
  prompt: string;
  /** Default: the prompt. */
  fingerprint?: string;
}

export function newGeneration({ id, provider, account, prompt, fingerprint = prompt }: Wanted): NewGeneration {
  const ask = { prompt };
  return { id, provider, account, ask, request: PROVIDERS[provider].request.parse(ask), fingerprint, priority: 1, metadata: null };
}
