/** What an upstream's refusal pauses: the whole account, or this provider's work on it, until a person resumes it. */
import { OUTCOME, type ProviderError } from '@dailies/providers';
import { type Generation, type Store, pause } from '@dailies/queue';

export async function pauseFor(store: Store, { account, provider }: Generation, error: ProviderError): Promise<void> {
  const scope = error.pauses === 'provider' ? `provider:${account}:${provider}` : `account:${account}`;
  await pause(store, scope, { reason: error.message, kind: error.kind, polls: OUTCOME[error.kind].poll === 'hold' });
}
