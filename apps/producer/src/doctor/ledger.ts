/** What the ledger says of what is held up: pauses, downloads that wait, and breakers that are open. */
import { PROVIDER_NAMES } from '@dailies/providers';
import {
  accountState, commandAfter, downloadWaits, isByPerson, LEDGER_SCOPE, pauseCause, pauses, pauseScopes, pauseStep, type Config, type Store,
} from '@dailies/queue';
import { isBucketPlace } from '@dailies/results';
import { downloadWaitText } from '../pages/download-waits-text.ts';
import { printable } from '../printable.ts';
import { providerAccounts } from '../provider-accounts.ts';
import type { Finding } from './finding.ts';

/** `suffix`: what a suggested command must end with, such as ` --simulate`. */
export async function checkLedger(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  const found = [await pauseFindings(store, config, suffix), await waitFindings(store), await breakerFindings(store, config)];
  return found.flat();
}

async function pauseFindings(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  return (await pauses(store)).map(({ scope, reason, kind }) => {
    const [first = 'PROVIDER', ...others] = heldProviders(scope, config);
    const command = `${commandAfter({ scope }, first)}${suffix}`;
    return {
      level: isByPerson({ scope }) ? 'warn' : 'error',
      about: 'pauses',
      what: `${[first, ...others].join(', ')} ${others.length === 0 ? 'is' : 'are'} paused: ${pauseCause(kind)}: ${printable(reason)}.`,
      remedy: scope === LEDGER_SCOPE ? `Nothing is submitted until: ${command}` : [pauseStep(kind), `It goes on with: ${command}`].filter(Boolean).join(' '),
    };
  });
}

/** Also where the key is not configured here: a pause names its account. */
function heldProviders(scope: string, config: Config): string[] {
  if (scope === LEDGER_SCOPE) return [...PROVIDER_NAMES];
  return PROVIDER_NAMES.filter((name) => {
    const scopes = providerAccounts(name, config, [{ scope }]).flatMap((account) => pauseScopes(name, account));
    return [...scopes, `operator:${name}`].includes(scope) || (scope.startsWith('provider:') && scope.endsWith(`:${name}`));
  });
}

async function waitFindings(store: Store): Promise<Finding[]> {
  return (await downloadWaits(store)).map((wait) => ({
    level: 'error',
    about: isBucketPlace(wait.folder) ? 'bucket' : 'disk',
    what: downloadWaitText(wait),
    remedy: 'Nothing fails meanwhile. They go on by themselves when the cause is gone.',
  }));
}

async function breakerFindings(store: Store, config: Config): Promise<Finding[]> {
  const accounts = new Set(PROVIDER_NAMES.flatMap((name) => config.providers[name].account?.id ?? []));
  const findings = [...accounts].map(async (account): Promise<Finding[]> => {
    const { openSince } = await accountState(store, account);
    if (openSince === null) return [];
    const since = new Date(openSince).toISOString();
    return [{
      level: 'warn',
      about: 'upstream',
      what: `Nothing is submitted on ${account} since ${since}: three submits in a row were not answered for.`,
      remedy: 'It goes on by itself when the upstream answers a free request; is a worker running?',
    }];
  });
  return (await Promise.all(findings)).flat();
}
