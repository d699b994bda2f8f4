/**
 * Where results live. Two kinds, one interface: a local folder and an S3-compatible bucket; one conformance suite holds both to it.
 *
 * place — where the files of a batch are: an absolute folder, or `s3://bucket/prefix/batch`. The ledger keeps it in `generation.folder`.
 * part — a finished, verified file on the local disk that is to be published under its final name.
 * standing — what stands under a final name.
 *
 * A final name means a whole file, always: it appears at once with everything behind it, or not at all.
 * Every method throws a `StoreError` when the store cannot do it now; none of them ever decides what becomes of a generation.
 */
import type { Readable } from 'node:stream';

export interface ResultStore {
  readonly kind: 'folder' | 'bucket';
  /** Makes sure that parts can be written in `staging(place)`. */
  prepare(place: string): Promise<void>;
  /** The local folder that parts of files of this place are written in. */
  staging(place: string): string;
  /** What stands under the name, with its checksum. Null: nothing. */
  standing(place: string, name: string): Promise<Standing | null>;
  /**
   * Publishes a part if nothing wanted stands there, so that two workers converge: who is second adopts what stands. What stands and is not
   * wanted (damaged, or not what was recorded) is replaced. Answers what stands in the end. The part may be gone afterwards.
   */
  put(place: string, name: string, part: Part, rules?: PutRules): Promise<Standing>;
  /** Exchanges what stands under the name for this file, at once: a manifest, a contact sheet. */
  replace(place: string, name: string, file: { path: string; contentType: string }): Promise<void>;
  stat(place: string, name: string): Promise<ResultFacts | null>;
  /** Whether what stands is still what was stored. */
  verify(place: string, name: string, stored: { sha256: string; bytes: number }): Promise<'ok' | 'missing' | 'damaged'>;
  /** For serving: the bytes from `start` to `end`, both inclusive, as HTTP counts them; without a range all of them. Null: nothing stands. */
  read(place: string, name: string, range?: { start: number; end: number }): Promise<Reading | null>;
  /** A link that opens the file for that many seconds without a key of ours. Null: this store has none; serve it with `read`. */
  link(place: string, name: string, seconds: number): Promise<string | null>;
  /** Nothing stands there afterwards. It is no error when nothing did. */
  remove(place: string, name: string): Promise<void>;
  /** What killed deliveries of this name left behind. Another one that is still under way finds what stands when it is done, and adopts it. */
  removeLeftovers(place: string, name: string): Promise<void>;
  /** Ends uploads that were begun before this time (epoch ms) and never finished, of any name of ours. Answers how many. */
  dropUnfinished(before: number): Promise<number>;
  /** Bytes free on the disk that parts are written on. */
  freeBytes(): Promise<number>;
  close(): void;
}

export interface Part {
  /** An absolute path. */
  path: string;
  sha256: string;
  bytes: number;
  contentType: string;
  /** Facts that a bucket keeps beside the object (duration, width, height). ASCII. */
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface PutRules {
  /** Whether what stands is to stay. Default: only what has the checksum of the part. */
  isWanted?: ((standing: Standing) => Promise<boolean>) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Standing {
  sha256: string;
  bytes: number;
  /** Only where the store keeps it. */
  contentType?: string | undefined;
  tags: Readonly<Record<string, string>>;
  /** Where it can be looked into, if it is a local file. */
  path?: string | undefined;
  /** From `put`: the part itself became it, and nothing is left at the part's path. */
  isPart?: boolean | undefined;
}

export interface ResultFacts {
  bytes: number;
  /** Quoted, as in HTTP. Another content has another one. */
  etag: string;
  /** Epoch milliseconds. */
  modifiedAt: number;
  contentType?: string | undefined;
}

export interface Reading extends ResultFacts {
  /** Destroy it, or read it to its end. */
  body: Readable;
}
