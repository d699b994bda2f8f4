/**
 * Opens the stores that a process is configured for: a folder, and a bucket if there is one. A place that the ledger remembers is opened by what it
 * is (a folder or a bucket), whatever is configured now.
 */
import path from 'node:path';
import { openBucketStore } from './bucket/bucket-store.ts';
import type { BucketClient, BucketSettings } from './bucket/bucket-client.ts';
import type { ProbeFinding } from './bucket/probe.ts';
import { openFolderStore } from './folder/folder-store.ts';
import { bucketPlace, isBucketPlace } from './places.ts';
import type { ResultStore } from './result-store.ts';
import { StoreError } from './store-error.ts';

export interface Results {
  /** Where new results go. */
  readonly store: ResultStore;
  /** The place of these names where results go by default: `place('fox')` is `OUT_DIR/fox` or `s3://bucket/prefix/fox`. */
  place(...names: string[]): string;
  /** The store that a place belongs to. Throws a StoreError for a place in a bucket when no bucket is configured. */
  at(place: string): ResultStore;
  /** Whether a place is the default one for these names, as opposed to a folder that a person chose with `--out`. */
  isOurs(place: string, ...names: string[]): boolean;
  close(): void;
}

export interface ResultsOptions {
  /** Absolute. */
  outFolder: string;
  s3: BucketSettings | null;
  /** Ends looks at a bucket that does not answer, and reads. What is sent to it goes on. */
  stopping?: AbortSignal | undefined;
}

/** A folder beside the batches in OUT_DIR. No batch has a name that begins with a dot. */
const STAGING = '.parts';

export function openResults({ outFolder, s3, stopping }: ResultsOptions): Results {
  const folder = openFolderStore(outFolder);
  const bucket = s3 === null ? null : openBucketStore({ settings: s3, staging: path.join(outFolder, STAGING), client: once(() => loadClient(s3, stopping)) });
  const place: Results['place'] = (...names) => (s3 === null ? path.join(outFolder, ...names) : bucketPlace(s3.bucket, s3.prefix, ...names));
  return {
    store: bucket ?? folder,
    place,
    at(where) {
      if (!isBucketPlace(where)) return folder;
      if (bucket !== null) return bucket;
      throw new StoreError('refused', `${where} is in a bucket, and this process has none. Set S3_BUCKET and its kin as where it was enqueued.`);
    },
    // With a bucket, the folder counts too: it was used before the bucket was configured.
    isOurs: (where, ...names) => where === place(...names) || where === path.join(outFolder, ...names),
    close: () => bucket?.close(),
  };
}

/** Tries the bucket and answers what was found. For `dailies doctor`. */
export async function probeBucket(settings: BucketSettings): Promise<ProbeFinding[]> {
  const { probe } = await import('./bucket/probe.ts');
  return probe(settings);
}

async function loadClient(settings: BucketSettings, stopping: AbortSignal | undefined): Promise<BucketClient> {
  const { openSdkClient } = await import('./bucket/sdk-client.ts');
  return openSdkClient(settings, stopping);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
