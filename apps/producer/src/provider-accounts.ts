/**
 * The accounts of a provider whose work may be paused or held: the one that is configured here and, since an operator's machine need not have the keys,
 * those that a pause names, or a hold.
 */
import type { ProviderName } from '@dailies/providers';
import { type Config, isOfAceData, type Pause } from '@dailies/queue';

export function providerAccounts(
  provider: ProviderName,
  config: Pick<Config, 'providers'>,
  pauses: readonly Pick<Pause, 'scope'>[],
  held: readonly string[] = [],
): string[] {
  const platforms = isOfAceData(provider) ? [provider, 'acedata'] : [provider];
  const paused = pauses.flatMap(({ scope }) => (scope.startsWith('account:') ? [scope.slice('account:'.length)] : []));
  const ours = [...paused, ...held].filter((account) => platforms.some((platform) => account.startsWith(`${platform}@`)));
  const configured = config.providers[provider].account?.id;
  return [...new Set([...(configured === undefined ? [] : [configured]), ...ours])];
}
