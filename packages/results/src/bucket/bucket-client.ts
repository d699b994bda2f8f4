/**
 * What the bucket store asks of an S3 service: a handful of requests, their answers as values. The official client behind it
 * (sdk-client.ts) is loaded at the first request, so that a worker with a local folder does not pay its memory.
 */
import type { Readable } from 'node:stream';
import type { ResultFacts } from '../result-store.ts';

export interface BucketClient {
  head(at: ObjectName): Promise<ObjectHead | null>;
  get(at: ObjectName, range?: string): Promise<(ObjectHead & { body: Readable }) | null>;
  /** One request. The service checks the body against the SHA-256, which is part of what is signed. */
  put(at: ObjectName, body: PutBody, condition: Condition, signal?: AbortSignal): Promise<'stored' | 'taken'>;
  begin(at: ObjectName, object: ObjectKind): Promise<string>;
  /** `gone`: the upload was ended by another process. */
  sendPiece(at: ObjectName, upload: string, number: number, bytes: Uint8Array, signal?: AbortSignal): Promise<{ etag: string } | 'gone'>;
  finish(at: ObjectName, upload: string, etags: readonly string[], condition: Condition): Promise<'stored' | 'taken' | 'gone'>;
  abandon(at: ObjectName, upload: string): Promise<void>;
  unfinished(bucket: string, prefix: string): Promise<UnfinishedUpload[]>;
  remove(at: ObjectName, signal?: AbortSignal): Promise<void>;
  link(at: ObjectName, seconds: number): Promise<string>;
  close(): void;
}

export interface ObjectName {
  bucket: string;
  key: string;
}

interface ObjectKind {
  contentType: string;
  tags: Readonly<Record<string, string>>;
}

export interface PutBody extends ObjectKind {
  open: () => Readable | Uint8Array;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** An upload that was begun and neither finished nor abandoned. */
export interface UnfinishedUpload {
  key: string;
  upload: string;
  /** Epoch milliseconds. */
  startedAt: number;
}

/** `absent`: only if nothing stands there (`If-None-Match: *`). */
export type Condition = 'absent' | 'always';

export interface ObjectHead extends ResultFacts {
  tags: Readonly<Record<string, string>>;
}

export interface BucketSettings {
  /** Undefined: AWS. */
  endpoint?: string | undefined;
  bucket: string;
  region: string;
  /** Stands before every key; may be empty. */
  prefix: string;
  pathStyle: boolean;
  /** Null: the official client's own chain (environment, profile, role of the machine). */
  keys: { accessKeyId: { reveal(): string }; secretAccessKey: { reveal(): string } } | null;
}
