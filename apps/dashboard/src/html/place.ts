/** The badge on every page that tells whether a click can cost money. */
import { isSimulated, type Config } from '@dailies/queue';

export interface Place {
  label: string;
  tone: 'none' | 'simulated' | 'live';
}

export function placeOf(config: Config): Place {
  if (Object.values(config.providers).every(({ account }) => account === null)) return { label: 'no API key here', tone: 'none' };
  return isSimulated(config) ? { label: 'simulated upstreams', tone: 'simulated' } : { label: 'live: submits are paid', tone: 'live' };
}
