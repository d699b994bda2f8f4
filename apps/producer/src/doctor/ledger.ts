/** What the ledger says of what is held up: pauses, downloads that wait, breakers that are open, work without a worker, webhooks that are disabled. */
import { PROVIDER_NAMES } from '@dailies/providers';
import {
  accountState, allCounts, commandAfter, downloadWaits, failingEndpoints, heldCounts, isByPerson, LEDGER_SCOPE, MOVING, pauseCause, pauses, pauseScopes,
  pauseRemedy, seenWorkers, type Config, type Store,
} from '@dailies/queue';
import { isBucketPlace } from '@dailies/results';
import { howToRunAWorker } from '../batch/follow/warn-without-worker.ts';
import { downloadWaitText } from '../pages/download-waits-text.ts';
import { printable } from '../printable.ts';
import { providerAccounts } from '../provider-accounts.ts';
import type { Finding } from './finding.ts';

/** `suffix`: what a suggested command must end with, such as ` --simulate`. */
export async function checkLedger(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  const found = [
    await pauseFindings(store, config, suffix),
    await waitFindings(store),
    await breakerFindings(store, config),
    await workerFindings(store, config, suffix),
    await webhookFindings(store, suffix),
  ];
  return found.flat();
}

/** No more than worth knowing: a `dailies run` that was stopped leaves such work to the next one. */
async function workerFindings(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  const [workers, counts, holds] = await Promise.all([seenWorkers(store), allCounts(store), heldCounts(store, configuredAccounts(config))]);
  // What is held for a person would not move with a worker either.
  const held = holds.filter(({ reason }) => reason === 'unattended' || reason === 'dropped').reduce((sum, { count }) => sum + count, 0);
  const moving = Object.values(counts).flatMap((of) => MOVING.map((state) => of[state])).reduce((sum, count) => sum + count, -held);
  if (moving <= 0 || workers === null || workers.some(({ isSilent }) => !isSilent)) return [];
  return [{
    level: 'warn',
    about: 'workers',
    what: `No worker is heard of, and ${moving === 1 ? '1 generation is' : `${moving} generations are`} on the way.`,
    remedy: `If none runs, nothing moves until one does: ${howToRunAWorker(suffix !== '')}.`,
  }];
}

async function webhookFindings(store: Store, suffix: string): Promise<Finding[]> {
  const disabled = (await failingEndpoints(store)).filter(({ disabledAt }) => disabledAt !== null);
  return disabled.map(({ id, url, reason }) => ({
    level: 'error',
    about: 'webhooks',
    what: `${printable(url)} is disabled: ${printable(reason ?? '')}.`,
    remedy: `It gets nothing until: dailies webhooks --enable ${id}${suffix}. If it is gone for good: dailies webhooks --forget ${id}${suffix}`,
  }));
}

async function pauseFindings(store: Store, config: Config, suffix: string): Promise<Finding[]> {
  return (await pauses(store)).map(({ scope, reason, kind }) => {
    const [first = 'PROVIDER', ...others] = heldProviders(scope, config);
    return {
      level: isByPerson({ scope }) ? 'warn' : 'error',
      about: 'pauses',
      what: `${[first, ...others].join(', ')} ${others.length === 0 ? 'is' : 'are'} paused: ${pauseCause(kind)}: ${printable(reason)}.`,
      remedy: scope === LEDGER_SCOPE ? `Nothing is submitted until: ${commandAfter({ scope }, first)}${suffix}` : pauseRemedy({ kind, scope }, first, suffix),
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
  const findings = configuredAccounts(config).map(async (account): Promise<Finding[]> => {
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

function configuredAccounts(config: Config): string[] {
  return [...new Set(PROVIDER_NAMES.flatMap((name) => config.providers[name].account?.id ?? []))];
}
