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
  /** Creates `staging(place)` if needed, and throws when parts cannot be written there. */
  prepare(place: string): Promise<void>;
  /** The local folder that parts of files of this place are written in. */
  staging(place: string): string;
  /** What stands under the name, with its checksum. Null: nothing. */
  standing(place: string, name: string): Promise<Standing | null>;
  /**
   * Publishes a part under its final name. If a wanted file stands there already, that one is kept, so that two workers end with the same file. `unwanted`
   * says what becomes of another one. Answers what stands in the end. The part may be gone afterwards, unless another's file was left there.
   */
  put(place: string, name: string, part: Part, rules?: PutRules): Promise<Standing>;
  /** Replaces what stands under the name with this file, at once. For manifests and contact sheets. */
  replace(place: string, name: string, file: { path: string; contentType: string }): Promise<void>;
  stat(place: string, name: string): Promise<ResultFacts | null>;
  /** Whether what stands is still what was stored. */
  verify(place: string, name: string, stored: { sha256: string; bytes: number }): Promise<'ok' | 'missing' | 'damaged'>;
  /** For serving: the bytes from `start` to `end`, both inclusive as in HTTP; all of them without a range. Null: there is no such file. */
  read(place: string, name: string, range?: { start: number; end: number }): Promise<Reading | null>;
  /** A link that opens the file without a key for that many seconds. Null: this store has no links; serve the file with `read`. */
  link(place: string, name: string, seconds: number): Promise<string | null>;
  /** Removes the file. It is no error when there is none. `late`: after that nothing is asked again, since something else may have got the name by then. */
  remove(place: string, name: string, late?: AbortSignal): Promise<void>;
  /** Removes what killed deliveries of this name left. A delivery that is still under way loses its part; it finds the standing file and adopts it. */
  removeLeftovers(place: string, name: string): Promise<void>;
  /** Ends unfinished uploads of our names that were begun before this time (epoch ms), and removes staged parts of before. Answers how many uploads. */
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
  /** Metadata of a bucket object (duration, width, height). ASCII. */
  tags?: Readonly<Record<string, string>> | undefined;
}

export interface PutRules {
  /** Whether the standing file is to stay. Default: only if it has the part's checksum. */
  isWanted?: ((standing: Standing) => Promise<boolean>) | undefined;
  /** Default: it is replaced. */
  unwanted?: ((standing: Standing) => Unwanted) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * What becomes of a standing file that is not wanted. `leave`: it stays as it is, and ours is not published. `keep`, in a folder: ours gets its name, and it
 * stays as `<name>.kept`. A bucket takes that for `replace`.
 */
export type Unwanted = 'replace' | 'keep' | 'leave';

export interface Standing {
  sha256: string;
  bytes: number;
  /** Absent in stores that do not keep it. */
  contentType?: string | undefined;
  tags: Readonly<Record<string, string>>;
  /** The path, if it is a local file. */
  path?: string | undefined;
  /** From `put`: the part itself became this file, so nothing is left at the part's path. */
  isPart?: boolean | undefined;
  /** From `put`: the name that the unwanted file has now. */
  kept?: string | undefined;
  /** From `put`: it is not wanted, and was left. */
  isAnothers?: boolean | undefined;
}

export interface ResultFacts {
  bytes: number;
  /** Quoted, as in HTTP. It changes whenever the content does. */
  etag: string;
  /** Epoch milliseconds. */
  modifiedAt: number;
  contentType?: string | undefined;
  /** In a bucket: what the object says of itself, by which it is known without being read. */
  sha256?: string | undefined;
}

/** Whether what stands there may be this file: it has its length, and does not say of itself that it is another. */
export function mayBe(facts: ResultFacts | null, { bytes, sha256 }: { bytes: number; sha256: string }): boolean {
  return facts?.bytes === bytes && (facts.sha256 ?? sha256) === sha256;
}

export interface Reading extends ResultFacts {
  /** The caller must read it to its end or destroy it. */
  body: Readable;
}
