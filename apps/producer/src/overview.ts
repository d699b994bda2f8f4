/** All that `dailies status` says at once: of each provider, of the newest batches, and of what waits. Read from the ledger, nothing is changed. */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import {
  accountState, allCounts, batchNames, cooldownLeft, downloadWaits, heldAccounts, LEDGER_SCOPE, mostSlots, pauses, pauseScopes, publicBatch, readBatch,
  seenWorkers, shardWaits, slotsTaken, spendOf, unansweredSince, waitText, withoutAway,
  type Batch, type Counts, type Pause, type PublicBatch, type ShardWait, type Spend, type Store,
} from '@dailies/queue';
import { type HeldWork, heldOfAccounts } from './batch/held-work.ts';
import { type SubmitWait, submitWaits } from './batch/submit-waits.ts';
import { providerAccounts } from './provider-accounts.ts';
import type { Session } from './session.ts';

export interface Overview {
  /** The shards of a Redis Cluster that cannot be reached now, and why. */
  shardsWait: { shard: number; providers: string[]; missing: boolean; text: string }[];
  downloadsWait: { machine: string; folder: string; reason: string; since: string }[];
  providers: ProviderOverview[];
  batches: ShownBatch[];
}

export interface ProviderOverview {
  name: ProviderName;
  /** The account that is configured here. */
  account: string | null;
  counts: Counts;
  pauses: ShownPause[];
  /** Also on accounts that are not configured here. */
  held: HeldWork[];
  /** Milliseconds until it submits again by itself. */
  cooldownMs: number;
  /** The most tasks that its account is known to take at once. */
  limit: number | null;
  breakerOpenSince: string | null;
  /** What keeps it from submitting and ends by itself. */
  waits: SubmitWait[];
  /** Since when its polls get no usable answer; null: they do. */
  unansweredSince: string | null;
  slots: number;
  spend: Spend[];
}

export type ShownPause = Omit<Pause, 'at' | 'newest'> & { since: string };

export type ShownBatch = PublicBatch & Pick<Batch, 'attended' | 'folder'> & { estimatedSpend: Spend[] };

/** The shards that can be read, and those that cannot be reached. */
export interface Readable {
  store: Store;
  waits: ShardWait[];
}

/** The newest; older ones are found by their name. */
const MOST_BATCHES = 20;

export async function readableOf({ desk, config }: Session): Promise<Readable> {
  const waits = await shardWaits(desk.store, config);
  return { store: withoutAway(desk.store, waits), waits };
}

/** `suffix`: what a command that we suggest must have behind it. */
export async function readOverview({ config }: Session, { store, waits }: Readable, suffix: string): Promise<Overview> {
  const [counts, held, names, downloads, heldOn, workers] = await Promise.all([
    allCounts(store), pauses(store), batchNames(store), downloadWaits(store), heldAccounts(store), seenWorkers(store),
  ]);
  const away = new Set(waits.filter(({ isAway }) => isAway).flatMap(({ providers }) => providers));
  const accounts = PROVIDER_NAMES.filter((name) => !away.has(name)).flatMap((name) => providerAccounts(name, config, held, heldOn));
  const heldWork = await heldOfAccounts(store, new Set(accounts), suffix);
  const providers = PROVIDER_NAMES.map(async (name): Promise<ProviderOverview> => {
    const { account, maxInFlight } = config.providers[name];
    const unanswered = unansweredSince(workers, name);
    const configured = account?.id ?? null;
    const readable = away.has(name) ? null : configured;
    const concerned = readable === null ? pausesWithoutAccount(name, config, held) : pausesIn(held, scopesOf(name, [readable]));
    return {
      name,
      account: configured,
      counts: counts[name],
      pauses: concerned.map(shownPause),
      held: heldWork.filter(({ provider }) => provider === name),
      waits: readable === null ? [] : await waitsOf(store, { provider: name, account: readable }, counts[name].queued),
      unansweredSince: unanswered === null ? null : iso(unanswered),
      spend: await spendOf(store, name),
      ...(await readAccount(store, readable, maxInFlight)),
    };
  });
  const batches = await Promise.all(names.slice(0, MOST_BATCHES).map((name) => readBatch(store, name)));
  return {
    shardsWait: waits.map((wait) => ({ shard: wait.shard, providers: wait.providers, missing: wait.isAway, text: waitText(wait) })),
    providers: await Promise.all(providers),
    batches: batches.filter((one) => one !== null).map(shownBatch),
    downloadsWait: downloads.map((wait) => ({ ...wait, since: iso(wait.since) })),
  };
}

export function shownPause({ scope, reason, kind, at, polls }: Pause): ShownPause {
  return { scope, reason, kind, since: iso(at), polls };
}

export function shownBatch(batch: Batch): ShownBatch {
  const { attended, folder, spend } = batch;
  return { ...publicBatch(batch), attended, folder, estimatedSpend: spend };
}

/** That no worker is running matters only to what is queued. */
async function waitsOf(store: Store, place: { provider: ProviderName; account: string }, queued: number): Promise<SubmitWait[]> {
  return (await submitWaits(store, [place])).filter(({ why }) => why !== 'worker' || queued > 0);
}

/** Null: there is none, or it cannot be read. */
async function readAccount(
  store: Store,
  account: string | null,
  maxInFlight: number,
): Promise<Pick<ProviderOverview, 'cooldownMs' | 'slots' | 'limit' | 'breakerOpenSince'>> {
  if (account === null) return { cooldownMs: 0, slots: 0, limit: null, breakerOpenSince: null };
  const learned = await accountState(store, account);
  return {
    cooldownMs: await cooldownLeft(store, account),
    slots: await slotsTaken(store, account),
    limit: mostSlots(learned, maxInFlight),
    breakerOpenSince: learned.openSince === null ? null : iso(learned.openSince),
  };
}

/** A provider may be paused even if its key is not configured here. The pause itself names the account. */
function pausesWithoutAccount(name: ProviderName, config: Session['config'], held: readonly Pause[]): Pause[] {
  const scopes = scopesOf(name, providerAccounts(name, config, held));
  return held.filter(({ scope }) => scopes.includes(scope) || (scope.startsWith('provider:') && scope.endsWith(`:${name}`)));
}

function pausesIn(held: readonly Pause[], scopes: readonly string[]): Pause[] {
  return held.filter(({ scope }) => scopes.includes(scope));
}

function scopesOf(name: ProviderName, accounts: readonly string[]): string[] {
  return [`operator:${name}`, LEDGER_SCOPE, ...accounts.flatMap((account) => pauseScopes(name, account))];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
