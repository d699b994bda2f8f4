/** Which providers can be used. One key is enough; none at all is wrong. */
import type { Config } from '@dailies/queue';
import type { Finding } from './finding.ts';

export function checkKeys(config: Pick<Config, 'providers'>): Finding[] {
  const all = Object.values(config.providers);
  if (all.every(({ account }) => account === null)) {
    const variables = [...new Set(all.map(({ keyVariable }) => keyVariable))].join(', ');
    return [
      {
        level: 'error',
        about: 'keys',
        what: 'No provider has a key.',
        remedy: `Set one of ${variables} (in .env or the environment), or try it with --simulate.`,
      },
    ];
  }
  return all.map(({ name, account, keyVariable }) =>
    account === null
      ? { level: 'warn', about: 'keys', what: `${name} has no key. To use it, set ${keyVariable}.` }
      : { level: 'ok', about: 'keys', what: `${name} has a key, for ${account.id}.` },
  );
}
