/**
 * Reads the figures of the ledger for a scrape: counts, ages, slots, pauses, spend, what waits for a person. Takes a bounded number of Redis commands,
 * however large the backlog is. Changes nothing.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import {
  type Config, type Store, HELD_REASONS, QUEUE_NAMES, STATES, accountState, allCounts, downloadWaits, endpointCounts, heldCounts, jobCounts, mostSlots,
  oldestInFlight, oldestQueued, pauses, pauseScopes, pastDueMs, seenWorkers, shutShards, slotsTaken, spendOf, wrongClocks,
} from '@dailies/queue';
import type { Meter } from './meter.ts';

export async function readFigures(meter: Meter, store: Store, config: Config): Promise<void> {
  await readProviders(meter, store, config);
  await readAccounts(meter, store, config);
  await Promise.all([readHeld(meter, store, config), readQueues(meter, store), readWaits(meter, store)]);
}

async function readProviders(meter: Meter, store: Store, config: Config): Promise<void> {
  const now = Date.now();
  const [counts, held] = await Promise.all([allCounts(store), pauses(store)]);
  const read = await Promise.all(
    PROVIDER_NAMES.map(async (provider) => {
      const account = config.providers[provider].account?.id ?? null;
      const [queued, inFlight, spend] = await Promise.all([
        counts[provider].queued > 0 ? oldestQueued(store, provider) : null,
        account === null ? null : oldestInFlight(store, provider, account),
        spendOf(store, provider),
      ]);
      return { provider, account, queued, inFlight, spend };
    }),
  );
  // Set without an await in between, once all is read: spend is added up from zero, and another reading must not add to it meanwhile.
  for (const name of ['dailies_paused', 'dailies_estimated_spend_total'] as const) meter.clear(name);
  for (const { provider, account, queued, inFlight, spend } of read) {
    for (const state of STATES) meter.set('dailies_generations', { provider, state }, counts[provider][state]);
    meter.set('dailies_oldest_seconds', { provider, stage: 'queued' }, ageOf(queued, now));
    meter.set('dailies_oldest_seconds', { provider, stage: 'in-flight' }, ageOf(inFlight, now));
    for (const { model, currency, amount } of spend) meter.count('dailies_estimated_spend_total', { provider, model, currency }, amount);
    const scopes = account === null ? [] : pauseScopes(provider, account);
    for (const { kind } of held.filter(({ scope }) => scopes.includes(scope))) meter.set('dailies_paused', { provider, kind }, 1);
  }
}

async function readAccounts(meter: Meter, store: Store, config: Config): Promise<void> {
  const accounts = new Map(PROVIDER_NAMES.flatMap((name) => config.providers[name].account ?? []).map((account) => [account.id, account]));
  await Promise.all(
    [...accounts.values()].map(async ({ id: account, maxInFlight }) => {
      const [taken, learned] = await Promise.all([slotsTaken(store, account), accountState(store, account)]);
      meter.set('dailies_slots_taken', { account }, taken);
      meter.set('dailies_slots_limit', { account }, maxInFlight);
      meter.set('dailies_slots_learned', { account }, mostSlots(learned, maxInFlight));
      meter.set('dailies_breaker_open', { account }, learned.openSince === null ? 0 : 1);
    }),
  );
}

async function readHeld(meter: Meter, store: Store, config: Config): Promise<void> {
  const counts = await heldCounts(store, PROVIDER_NAMES.flatMap((name) => config.providers[name].account?.id ?? []));
  for (const provider of PROVIDER_NAMES) for (const reason of HELD_REASONS) meter.set('dailies_held', { provider, reason }, 0);
  for (const { provider, reason, count } of counts) meter.set('dailies_held', { provider, reason }, count);
}

async function readQueues(meter: Meter, store: Store): Promise<void> {
  const [due, jobs, workers] = await Promise.all([pastDueMs(store, QUEUE_NAMES), jobCounts(store, QUEUE_NAMES), seenWorkers(store)]);
  for (const [queue, ms] of due) meter.set('dailies_due_seconds', { queue }, ms / 1000);
  for (const [queue, counts] of jobs) for (const [state, count] of Object.entries(counts)) meter.set('dailies_jobs', { queue, state }, count);
  if (workers === null) return;
  const silent = workers.filter(({ isSilent }) => isSilent).length;
  meter.set('dailies_workers', { state: 'silent' }, silent);
  meter.set('dailies_workers', { state: 'alive' }, workers.length - silent);
  meter.set('dailies_few_replicas', {}, shutShards(workers).size);
  meter.set('dailies_wrong_clocks', {}, wrongClocks(workers).length);
}

/** How long each waits is left to the alert: times of a machine are by a clock of its own. */
async function readWaits(meter: Meter, store: Store): Promise<void> {
  const [waits, endpoints] = await Promise.all([downloadWaits(store), endpointCounts(store)]);
  meter.set('dailies_download_waits', {}, new Set(waits.map(({ machine }) => machine)).size);
  for (const state of ['failing', 'disabled'] as const) meter.set('dailies_webhook_endpoints', { state }, endpoints[state]);
}

function ageOf(since: number | null, now: number): number {
  return since === null ? 0 : Math.max(0, (now - since) / 1000);
}
