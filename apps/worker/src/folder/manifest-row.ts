/**
 * One line of `manifest.jsonl`: a generation as the public interface shows it.
 * It must never hold a link's query, a key or anything else that is secret: this file is handed around.
 */
import { linkWithoutQuery, type ResultVideo, type State } from '@dailies/queue';

export interface ManifestRow {
  id: string;
  state: State;
  provider: string;
  model?: string | null | undefined;
  prompt?: string | null | undefined;
  image?: string | undefined;
  params: Record<string, unknown>;
  batch?: string | null | undefined;
  priority?: number | undefined;
  round?: number | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  /** Equal ones are the same request in the same batch. */
  fingerprint?: string | undefined;
  task?: { id: string } | undefined;
  attempts?: number | undefined;
  progress?: { phase?: string | undefined; percent?: number | undefined } | undefined;
  /** Times in ISO 8601. */
  createdAt?: string | undefined;
  submittedAt?: string | undefined;
  finishedAt?: string | undefined;
  videos: ResultVideo[];
  /** What else was stored: pictures, and copies with a watermark. */
  extras?: { kind: string; url: string; file: string; sha256: string; bytes: number }[] | undefined;
  estimatedCost?: { amount: number; currency: string; basis: string } | undefined;
  /** When retention removed the files: `videos` says what they were. */
  filesRemovedAt?: string | undefined;
  failure?: { kind: string; message: string; code?: string | undefined; retryable?: boolean | undefined } | undefined;
  /** Why it is not moving, where it is not. */
  held?: string | undefined;
  cancelRequested?: boolean | undefined;
  unwanted?: boolean | undefined;
  /** Where its events go, without the query. */
  webhook?: string | undefined;
  ambiguity?: { sentAt: string; until?: string | undefined; why: string; requestId?: string | undefined } | undefined;
  history: { at: string; state: string; note?: string | undefined; times?: number | undefined }[];
}

/** Rows of a folder, which may have more than fit into memory: none is kept by whoever writes them. */
export type Rows = Iterable<ManifestRow> | AsyncIterable<ManifestRow>;

/** The row without anything that signs a link. */
export function withoutSecrets(row: ManifestRow): ManifestRow {
  const videos = row.videos.map(({ url, thumbnailUrl, ...rest }) => ({
    ...(url === undefined ? {} : { url: linkWithoutQuery(url) }),
    ...rest,
    ...(thumbnailUrl === undefined ? {} : { thumbnailUrl: linkWithoutQuery(thumbnailUrl) }),
  }));
  const extras = row.extras?.map((extra) => ({ ...extra, url: linkWithoutQuery(extra.url) }));
  return { ...row, ...(row.image === undefined ? {} : { image: linkWithoutQuery(row.image) }), videos, ...(extras === undefined ? {} : { extras }) };
}

/** The row of a stub, with what its old row in the folder still tells and the ledger has forgotten: retention takes nothing out of a folder. */
export function withThePast(stub: ManifestRow, old: ManifestRow): ManifestRow {
  const until = old.history.at(-1)?.at ?? '';
  const since = stub.history.filter(({ at }) => at > until);
  return {
    ...stub,
    model: stub.model ?? old.model,
    params: old.params,
    metadata: old.metadata,
    ...(old.webhook === undefined ? {} : { webhook: old.webhook }),
    // The doubt that the old row tells of is one of its own round.
    ...(old.ambiguity === undefined || old.round !== stub.round ? {} : { ambiguity: old.ambiguity }),
    history: [...old.history, ...since],
  };
}

/** A row as one line. Line separators inside of strings are escaped, since some readers take them for the end of a line. */
export function formatRow(row: ManifestRow): string {
  return JSON.stringify(withoutSecrets(row)).replace(/[\u0085\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
