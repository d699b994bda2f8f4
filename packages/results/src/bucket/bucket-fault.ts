/** Translates what the official client throws into a `StoreError`, which says what passes by itself and what a person has to change. */
import { StoreError, codeOf } from '../store-error.ts';

export function bucketFault(error: unknown, bucket: string, endpoint: string | undefined): StoreError {
  if (error instanceof StoreError) return error;
  const name = wordOf(error);
  const status = statusOf(error);
  const where = `The bucket ${bucket}${endpoint === undefined ? '' : ` at ${new URL(endpoint).origin}`}`;
  if (name === 'AbortError') return new StoreError('aborted', `${where}: the exchange was stopped.`, name);
  const unsaid = NO_WORD.has(name) ? UNSAID[status ?? 0] : undefined;
  if (unsaid !== undefined) return new StoreError('refused', `${where} cannot be used: HTTP ${status} without a reason. ${unsaid}.`, name);
  const remedy = REMEDIES[name];
  if (remedy !== undefined) return new StoreError('refused', `${where} cannot be used: ${remedy} (${name}).`, name);
  if (status === 501) {
    const lacks = 'its service does not know something that is needed, most likely conditional puts';
    return new StoreError('refused', `${where} cannot be used: ${lacks} (${name}).`, name);
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429) {
    return new StoreError('refused', `${where} cannot be used: it answered with HTTP ${status} (${name}).`, name);
  }
  const what = status === undefined ? `it cannot be reached (${codeOf(error) ?? name})` : `it answered with HTTP ${status} (${name})`;
  return new StoreError('unavailable', `${where} is away: ${what}.`, codeOf(error) ?? name);
}

/** The part on our own disk cannot be read. */
export function partFault(error: unknown, name: string): StoreError {
  const code = codeOf(error);
  return new StoreError('disk', `The part of ${name} cannot be read (${code ?? String(error)}). It is fetched again.`, code);
}

export function isAbsent(error: unknown): boolean {
  return ['NotFound', 'NoSuchKey'].includes(wordOf(error)) && statusOf(error) === 404;
}

/** 412: something stands there already. 409: another writer is storing under this name at this moment. */
export function isTaken(error: unknown): boolean {
  return statusOf(error) === 412 || (statusOf(error) === 409 && wordOf(error) === 'ConditionalRequestConflict');
}

/** What may be over in a second: a service in trouble, or a lost connection. One that does not answer at all has taken its time already. */
export function isMomentary(error: unknown): boolean {
  return [429, 500, 502, 503, 504].includes(statusOf(error) ?? 0) || ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
}

export function isUploadGone(error: unknown): boolean {
  return wordOf(error) === 'NoSuchUpload';
}

function wordOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { $metadata: facts } = error;
  if (typeof facts !== 'object' || facts === null || !('httpStatusCode' in facts)) return undefined;
  return typeof facts.httpStatusCode === 'number' ? facts.httpStatusCode : undefined;
}

const FULL = 'it is full. Make room there, or raise the quota of the bucket or of its user';

const RIGHTS =
  'GetObject, PutObject, DeleteObject and AbortMultipartUpload on the prefix, and ListBucket and ListBucketMultipartUploads on the bucket';

/**
 * A HEAD is answered without a word of the reason: the client calls it `Unknown`. Some services say no more than `Forbidden`. What is no XML, such as the
 * page of a gateway, it calls `Error`.
 */
const NO_WORD: ReadonlySet<string> = new Set(['Unknown', 'Forbidden', 'Error']);
const ELSEWHERE = 'The bucket is in another region or at another address. Correct S3_REGION and S3_ENDPOINT';
const UNSAID: Record<number, string> = {
  301: ELSEWHERE,
  // Of a gateway that wants https, or a log-in. S3 itself answers 307 for a time only.
  302: ELSEWHERE,
  308: ELSEWHERE,
  400:
    'Most likely the bucket is in another region (correct S3_REGION), a temporary key has expired, or S3_ENDPOINT has http:// where https:// is needed',
  403: `The key or its secret is wrong (S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY), or the key may not do this. It needs ${RIGHTS}`,
};

const REMEDIES: Record<string, string> = {
  NoSuchBucket: 'there is no such bucket. Create it, or correct S3_BUCKET',
  InvalidAccessKeyId: 'the key is not known there. Correct S3_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret does not fit the key. Correct S3_SECRET_ACCESS_KEY',
  AccessDenied: `the key may not do this. It needs ${RIGHTS}`,
  QuotaExceeded: FULL,
  XMinioAdminBucketQuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  AuthorizationHeaderMalformed: 'the bucket is in another region. Correct S3_REGION',
  PermanentRedirect: 'the bucket is in another region or at another address. Correct S3_REGION and S3_ENDPOINT',
  CredentialsProviderError: 'there is no key. Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give this machine a role',
  ExpiredToken: 'the temporary key has expired. Renew it where the AWS client finds it (environment, profile or role), and start again',
  RequestTimeTooSkewed: 'the clock of this machine is wrong. Switch on time synchronisation',
};
