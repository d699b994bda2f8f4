/** The bucket of the results, tried out: reached, written, read, and whether it keeps two workers apart. */
import type { Config } from '@dailies/queue';
import { probeBucket } from '@dailies/results';
import type { Finding } from './finding.ts';

export async function checkBucket({ s3 }: Pick<Config, 's3'>): Promise<Finding[]> {
  if (s3 === null) return [];
  return (await probeBucket(s3)).map((finding): Finding => ({ about: 'bucket', ...finding }));
}
