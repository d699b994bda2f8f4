/**
 * The one error class of a store. Whatever its cause, nothing is lost by it: a worker's download waits and goes on by itself, and a command that copies
 * can be run again. Its message is for people, names the remedy, and never holds a key or a signature.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  override readonly cause: StoreCause;
  /** The system's or the service's own word: `ENOSPC`, `NoSuchBucket`. */
  readonly code: string | undefined;

  constructor(cause: StoreCause, message: string, code?: string) {
    super(message);
    this.cause = cause;
    this.code = code;
  }
}

export type StoreCause =
  /** The folder is gone, full or not writable. */
  | 'disk'
  /** The bucket's service does not answer, or answers with its own trouble. Passes by itself. */
  | 'unavailable'
  /** The bucket's service says no: wrong key, no such bucket, something it cannot do. A person has to change something. */
  | 'refused'
  /** Stopped by us. */
  | 'aborted';

/** A failed write to the disk as a `StoreError` that names the remedy. */
export function diskFault(error: unknown, path: string): StoreError {
  return faultOf(error, path, WRITE_REASONS, 'written');
}

/** The same for a failed read. A missing file is not a failed read: callers handle that before (`isAbsentOnDisk`). */
export function readFault(error: unknown, path: string): StoreError {
  return faultOf(error, path, READ_REASONS, 'read');
}

function faultOf(error: unknown, path: string, reasons: Record<string, string>, what: 'written' | 'read'): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  return new StoreError('disk', `${path} ${reasons[code ?? ''] ?? `cannot be ${what} (${code ?? String(error)}).`}`, code);
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a file operation failed because there is nothing of that name. */
export function isAbsentOnDisk(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const TOO_MANY_OPEN = 'cannot be opened: this process has too many open files. Raise its limit (ulimit -n) or lower the concurrency.';

const WRITE_REASONS: Record<string, string> = {
  ENOSPC: 'cannot be written: the disk is full. Make room.',
  EDQUOT: 'cannot be written: the disk quota is used up. Make room.',
  ENOENT: 'cannot be written: its folder is gone. Create the folder again, or mount the disk it was on.',
  ENOTDIR: 'cannot be written: its folder is not a folder. Move away the file that is there, or choose another output folder.',
  EACCES: 'cannot be written: permission denied. Give this user the right to write to the folder.',
  EPERM: 'cannot be written: permission denied. Give this user the right to write to the folder.',
  EROFS: 'cannot be written: the disk is mounted read-only. Mount it writable.',
  EMFILE: TOO_MANY_OPEN,
};

const READ_REASONS: Record<string, string> = {
  EACCES: 'cannot be read: permission denied. Give this user the right to read it.',
  EPERM: 'cannot be read: permission denied. Give this user the right to read it.',
  EMFILE: TOO_MANY_OPEN,
};
