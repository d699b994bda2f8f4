/** What the ledger says of what is held up: pauses, downloads that wait, and breakers that are open. */
import { PROVIDER_NAMES } from '@dailies/providers';
import { accountState, commandAfter, downloadWaits, LEDGER_SCOPE, pauses, type Config, type Store } from '@dailies/queue';
import { downloadWaitText } from '../pages/download-waits-text.ts';
import { printable } from '../printable.ts';
import type { Finding } from './finding.ts';

/** `suffix`: what a suggested command must end with, such as ` --simulate`. */
export async function checkLedger(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  const found = [await pauseFindings(store, suffix), await waitFindings(store), await breakerFindings(store, config)];
  return found.flat();
}

async function pauseFindings(store: Store, suffix: string): Promise<Finding[]> {
  return (await pauses(store)).map(({ scope, reason }) => ({
    level: scope === LEDGER_SCOPE ? 'error' : 'warn',
    about: 'pauses',
    what: `Paused: ${scope}: ${printable(reason)}.`,
    remedy: `${scope === LEDGER_SCOPE ? 'Nothing is submitted until' : 'When the cause is gone'}: ${commandAfter({ scope }, 'PROVIDER')}${suffix}`,
  }));
}

async function waitFindings(store: Store): Promise<Finding[]> {
  return (await downloadWaits(store)).map((wait) => ({
    level: 'warn',
    about: 'disk',
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
