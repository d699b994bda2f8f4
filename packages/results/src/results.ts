/**
 * Every place that results can be in, by the configuration of a process: a folder, or a bucket where one is configured. A place that the
 * ledger remembers is opened by what it is, whatever is configured now.
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
  /** Whose place it is. Throws a StoreError for a bucket when none is configured. */
  at(place: string): ResultStore;
  /** Whether a place is where services write what has these names: not a folder that a person named with `--out`, wherever that is. */
  isOurs(place: string, ...names: string[]): boolean;
  close(): void;
}

export interface ResultsOptions {
  /** Absolute. */
  outFolder: string;
  s3: BucketSettings | null;
}

/** Beside the batches in OUT_DIR; no batch has a name that begins with a dot. */
const STAGING = '.parts';

export function openResults({ outFolder, s3 }: ResultsOptions): Results {
  const folder = openFolderStore(outFolder);
  const bucket = s3 === null ? null : openBucketStore({ settings: s3, staging: path.join(outFolder, STAGING), client: once(() => loadClient(s3)) });
  const place: Results['place'] = (...names) => (s3 === null ? path.join(outFolder, ...names) : bucketPlace(s3.bucket, s3.prefix, ...names));
  return {
    store: bucket ?? folder,
    place,
    at(where) {
      if (!isBucketPlace(where)) return folder;
      if (bucket !== null) return bucket;
      throw new StoreError('refused', `${where} is in a bucket, and this process has none. Set S3_BUCKET and its kin as where it was enqueued.`);
    },
    // In the bucket, or in the folder that was used before there was one.
    isOurs: (where, ...names) => where === place(...names) || where === path.join(outFolder, ...names),
    close: () => bucket?.close(),
  };
}

/** What can be said of a bucket by trying it. */
export async function probeBucket(settings: BucketSettings): Promise<ProbeFinding[]> {
  const { probe } = await import('./bucket/probe.ts');
  return probe(settings);
}

async function loadClient(settings: BucketSettings): Promise<BucketClient> {
  const { openSdkClient } = await import('./bucket/sdk-client.ts');
  return openSdkClient(settings);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
