/** Which providers are reached through AceData Cloud, and so share its key, its account and its limits unless one has a key of its own. */
import type { ProviderName } from '@dailies/providers';

export function isOfAceData(name: ProviderName): boolean {
  return OF_ACEDATA.has(name);
}

/** Named one by one: a provider that is added later must not be given AceData's key. */
const OF_ACEDATA: ReadonlySet<ProviderName> = new Set(['hailuo', 'pika', 'luma']);
