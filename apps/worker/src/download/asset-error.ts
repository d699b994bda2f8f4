/**
 * The one error class of a download. `cause` says what kind of thing went wrong, and its caller alone decides what to do about it:
 * ask for a fresh link, try later, wait for room, or give up.
 * Its message is for people and never holds the query of a link: the query is the signature.
 */
import { diskFault, type StoreError } from '@dailies/results';

export class AssetError extends Error {
  override readonly name = 'AssetError';
  override readonly cause: AssetCause;
  /** Milliseconds the host asked us to wait. */
  readonly retryAfterMs: number | undefined;
  /** The system's own word where there is one: `ENOSPC` for a full disk, `ENOENT` for a folder that is gone. */
  readonly code: string | undefined;
  /** Bytes there was no room for. */
  readonly neededBytes: number | undefined;
  /** Of `interrupted`: no byte of it came, so the host is away, broken or busy, and time mends it. */
  readonly away: boolean;

  constructor(cause: AssetCause, message: string, details: AssetErrorDetails = {}) {
    super(message);
    this.cause = cause;
    this.retryAfterMs = details.retryAfterMs;
    this.code = details.code;
    this.neededBytes = details.neededBytes;
    this.away = details.away ?? false;
  }
}

type AssetErrorDetails = { [Detail in 'retryAfterMs' | 'code' | 'neededBytes' | 'away']?: AssetError[Detail] };

export type AssetCause =
  /** The host does not hand it out (401, 403, 404, 410 and their kin): only a fresh link can help. */
  | 'expired'
  /** We do not go there: scheme, address, credentials in the link, too many redirects. */
  | 'refused'
  /** What came is HTML, empty, of another kind, or a broken file. */
  | 'not-a-video'
  /** More bytes than allowed. */
  | 'too-large'
  /** Cut, reset, stalled, busy, no such name right now: trying again later may help. */
  | 'interrupted'
  /** The folder is gone, full or not writable: no fault of the link. */
  | 'disk'
  /** The bucket is away or refuses us: no fault of the link, nor of a disk. */
  | 'bucket'
  /** Stopped by us. */
  | 'aborted';

/** What a failed file operation means, in words that name the remedy. */
export function diskError(error: unknown, path: string): AssetError {
  return error instanceof AssetError ? error : storeFault(diskFault(error, path));
}

/** A store that cannot take the file now, be it a disk or a bucket: the download waits, whatever the reason. */
export function storeFault({ cause, message, code }: StoreError): AssetError {
  if (cause === 'disk') return new AssetError(cause, `${message} The download goes on by itself when that is mended.`, { code });
  if (cause === 'unavailable') return new AssetError('bucket', `${message} The download goes on by itself.`, { code });
  return new AssetError(cause === 'aborted' ? cause : 'bucket', message, { code });
}
