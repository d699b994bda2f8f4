/** Which providers are reached through AceData Cloud, and so share its key, its account and its limits unless one has a key of its own. */
import type { ProviderName } from '@dailies/providers';

export function isOfAceData(name: ProviderName): boolean {
  return name !== 'allegro' && name !== 'kling';
}
