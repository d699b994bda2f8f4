/**
 * The file that one delivery writes while it downloads: `<name>.<token>.part`. It hashes what it is given and keeps the first bytes.
 * It must never be shared: a resumed worker once wrote through its old descriptor into the finished file, so the name carries the delivery.
 */
import { createHash } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { diskError } from './asset-error.ts';
import { createStreamHash, type StreamHash } from './hash-thread.ts';
import { inMemory, type MediaSource } from './media-source.ts';

/** Bytes gathered before a write: large enough that the disk is not asked for every packet, small enough to hold many at once. */
const GATHER_BYTES = 1 << 20;
const HEAD_BYTES = 64;
/** Up to here hashing at once costs less than asking the thread, and holds nobody up. */
const SMALL_BYTES = 256 * 1024;

export class PartFile {
  readonly path: string;
  /** To read it back from, not by its path, which may be gone: another delivery that has stored the file first removes all parts. */
  content: MediaSource;
  /** The first bytes, to tell what is coming before all of it has come. */
  head: Buffer = Buffer.alloc(0);
  /** Bytes taken so far, written or still gathered. */
  length = 0;
  /** It has become the final file: nothing is left at its path. */
  isPublished = false;

  readonly #handle: FileHandle;
  #hash: StreamHash | null = null;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  static async create(path: string): Promise<PartFile> {
    try {
      return new PartFile(path, await open(path, 'w+'));
    } catch (error) {
      throw diskError(error, path);
    }
  }

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
    this.content = handle;
  }

  async append(chunk: Uint8Array): Promise<void> {
    if (this.head.length < HEAD_BYTES) this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
    this.length += chunk.length;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes >= GATHER_BYTES) await this.#write();
  }

  /** Forgets everything taken so far. */
  async restart(): Promise<void> {
    this.head = Buffer.alloc(0);
    this.length = 0;
    this.#hash?.drop();
    this.#hash = null;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#onDisk(() => this.#handle.truncate(0));
  }

  /** Everything on disk, for good. Returns the checksum; nothing can be appended after it. */
  async finish(): Promise<string> {
    if (this.#hash === null && this.length <= SMALL_BYTES) return await this.#finishSmall();
    await this.#write();
    await this.#onDisk(() => this.#handle.sync());
    return await this.#stream().digest();
  }

  /** Closes it, and removes it unless it has become the final file. */
  async discard(): Promise<void> {
    this.#hash?.drop();
    await this.#handle.close().catch(() => undefined);
    if (!this.isPublished) await unlink(this.path).catch(() => undefined);
  }

  #stream(): StreamHash {
    return (this.#hash ??= createStreamHash());
  }

  async #finishSmall(): Promise<string> {
    const pieces = this.#gathered;
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    await this.#save(pieces, 0);
    await this.#onDisk(() => this.#handle.sync());
    this.content = inMemory(pieces);
    return hash.digest('hex');
  }

  async #write(): Promise<void> {
    const chunks = this.#gathered;
    const position = this.length - this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const hashed = this.#stream().update(chunks);
    // If the disk fails first, that error is thrown: then a failing hash must not be a rejection that nobody handles.
    hashed.catch(() => undefined);
    await this.#save(chunks, position);
    await hashed;
  }

  /**
   * The pieces are not joined first: that costs as much as the writing. A write may be short (a signal, a nearly full disk): it goes on until the disk
   * has everything or says why not.
   */
  async #save(pieces: readonly Uint8Array[], from: number): Promise<void> {
    let position = from;
    for (let rest = pieces; rest.length > 0; ) {
      const { bytesWritten } = await this.#onDisk(() => this.#handle.writev(rest, position));
      position += bytesWritten;
      rest = after(rest, bytesWritten);
    }
  }

  async #onDisk<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw diskError(error, this.path);
    }
  }
}

/** What is left of these pieces after so many bytes of them. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skipped = 0;
  for (const piece of pieces) {
    const skip = Math.min(piece.length, bytes - skipped);
    skipped += skip;
    if (skip < piece.length) left.push(piece.subarray(skip));
  }
  return left;
}
