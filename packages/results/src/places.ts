/** How the place of results is written: an absolute folder, or `s3://bucket/prefix/…`. Pure functions. */
import path from 'node:path';

const SCHEME = 's3://';

export function isBucketPlace(place: string): boolean {
  return place.startsWith(SCHEME);
}

/** The full name of a file in a place, for people and for the ledger. */
export function fileIn(place: string, name: string): string {
  return isBucketPlace(place) ? `${place}/${name}` : path.join(place, name);
}

export function bucketPlace(bucket: string, ...names: readonly string[]): string {
  return `${SCHEME}${[bucket, ...names.filter((name) => name !== '')].join('/')}`;
}

export function bucketAndPrefix(place: string): { bucket: string; prefix: string } {
  const [bucket = '', ...rest] = place.slice(SCHEME.length).split('/');
  return { bucket, prefix: rest.join('/') };
}
