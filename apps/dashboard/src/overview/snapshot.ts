/**
 * Everything that the overview and the batches show. It is read at most once a second, however many pages are open: a handful of Redis commands for
 * each provider, and one pass over the catalogue. Its cost hardly grows with the size of the ledger.
 */
import {
  allCounts, batchLoads, type BatchLoads, type Catalogue, type Config, type Counts, type DownloadWait, downloadWaits, type Endpoint, failingEndpoints,
  type Figures, figuresOf, type LedgerFollower, pastDueMs, pollQueue, type ProviderConfig, type ProviderFigures, type SeenWorker, seenWorkers, shardOf,
  type ShardWait, shardWaits, shutShards, type Spend, spendOf, type Store, unansweredSince, withoutAway,
} from '@dailies/queue';
import { isBucketPlace } from '@dailies/results';
import { type AccountView, countHeld, type Held, readAccount } from './account-view.ts';
import { MOST_ENDPOINTS } from './endpoint-lines.ts';

export interface ProviderView {
  provider: ProviderConfig;
  counts: Counts;
  accounts: AccountView[];
  figures: ProviderFigures;
  /** Without a job on purpose, on whatever account. */
  held: Held;
  /** Estimated. */
  spend: Spend[];
  /** The shard that holds its work cannot be reached, so its work is not counted. */
  wait: ShardWait | null;
  /** Milliseconds by which the first of its polls is late; 0: none is. */
  pollsLateMs: number;
  /** Epoch milliseconds since when its polls get no usable answer; null while they do. */
  unansweredSince: number | null;
  /** A living worker submits nothing of it, because too few replicas of Redis follow. */
  hasFewReplicas: boolean;
}

export interface Snapshot {
  at: number;
  providers: ProviderView[];
  figures: Figures;
  loads: BatchLoads;
  /** Tasks each provider may have in flight, beside those in doubt or overdue: their slots bring nobody on. */
  slots: Record<ProviderConfig['name'], number>;
  /** Null: nobody knows of them while shard 0 cannot be read. */
  workers: SeenWorker[] | null;
  /** Of buckets, disks and folders that cannot take a video just now. Buckets first: each is one place for all batches, a disk is one for each of them. */
  downloadsWait: DownloadWait[];
  /** Of webhooks: those that have failed last. */
  endpoints: Endpoint[];
  /** The shards of a Redis Cluster. */
  waits: ShardWait[];
  /** Of all providers together. */
  unresolved: number;
}

export interface Snapshots {
  current(): Promise<Snapshot>;
  /** Call it after an action: the next snapshot is then read anew. */
  forget(): void;
}

const KEEP_MS = 1_000;

export function openSnapshots(store: Store, config: Config, follower: LedgerFollower): Snapshots {
  let kept: Promise<Snapshot> | null = null;
  let until = 0;
  return {
    current() {
      if (kept !== null && Date.now() < until) return kept;
      until = Date.now() + KEEP_MS;
      kept = take(store, config, follower.catalogue);
      // A failed snapshot is not kept, so the next one tries again.
      kept.catch(() => (until = 0));
      return kept;
    },
    forget() {
      kept = null;
    },
  };
}

async function take(ledger: Store, config: Config, catalogue: Catalogue): Promise<Snapshot> {
  const at = Date.now();
  const waits = await shardWaits(ledger, config);
  const store = withoutAway(ledger, waits);
  const away = new Set(waits.filter(({ isAway }) => isAway).map(({ shard }) => shard));
  const polls = Object.values(config.providers).map(({ name }) => pollQueue(name));
  const [counts, workers, late, downloadsWait, endpoints] = await Promise.all([
    allCounts(store),
    seenWorkers(store),
    pastDueMs(store, polls),
    downloadWaits(store),
    failingEndpoints(store, MOST_ENDPOINTS),
  ]);
  const figures = figuresOf(catalogue, at);
  const shut = shutShards(workers);
  const providers = await Promise.all(
    Object.values(config.providers).map(async (provider): Promise<ProviderView> => {
      const wait = waits.find(({ providers: there }) => there.includes(provider.name)) ?? null;
      const ids = accountIds(provider, catalogue).filter((id) => !away.has(shardOf(ledger, id).number));
      const accounts = await Promise.all(ids.map((id) => readAccount(store, config, provider, id)));
      // What was enqueued for another key or address as well: a worker that has ours holds it.
      const all = [...new Set([...ids, ...catalogue.accountsOf(provider.name)])];
      return {
        provider,
        counts: counts[provider.name],
        accounts,
        figures: figures.providers[provider.name],
        held: await countHeld(store, catalogue, provider.name, all),
        spend: await spendOf(store, provider.name),
        wait,
        pollsLateMs: late.get(pollQueue(provider.name)) ?? 0,
        unansweredSince: unansweredSince(workers, provider.name),
        hasFewReplicas: ids.some((id) => shut.has(shardOf(ledger, id).number)),
      };
    }),
  );
  const slots = Object.fromEntries(
    providers.map(({ provider, accounts }) => [provider.name, accounts.reduce((sum, { limit, learned }) => sum + limit - learned.doubtful, 0)]),
  ) as Snapshot['slots'];
  const unresolved = providers.reduce((sum, one) => sum + one.counts.unresolved, 0);
  return { at, providers, figures, loads: batchLoads(catalogue), slots, workers, downloadsWait: bucketsFirst(downloadsWait), endpoints, waits, unresolved };
}

function bucketsFirst(waits: readonly DownloadWait[]): DownloadWait[] {
  return waits.toSorted((one, other) => Number(isBucketPlace(other.folder)) - Number(isBucketPlace(one.folder)));
}

/** The account configured here; without one, the accounts that the provider's generations belong to. */
export function accountIds({ name, account }: ProviderConfig, catalogue: Catalogue): string[] {
  return account === null ? catalogue.accountsOf(name) : [account.id];
}
