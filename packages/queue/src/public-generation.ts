/**
 * A generation as users see it: HTTP, `--json`, the manifest. Nothing secret is in it: a link is shown without its query.
 */
import type { Ambiguity, Generation, HistoryEntry, Stray } from './generation.ts';
import { linkWithoutQuery } from './link-without-query.ts';
import { recordedModel, recordedParams } from './recorded-request.ts';
import { type EstimatedCost, estimatedCost } from './spend/bill.ts';
import type { State } from './states.ts';
import { hasWaitingCancel } from './waiting-cancel.ts';

export interface PublicGeneration {
  id: string;
  state: State;
  provider: string;
  model: string | null;
  prompt: string | null;
  image?: string;
  /** As recorded: defaults filled in. */
  params: Record<string, unknown>;
  batch: string | null;
  priority: number;
  round: number;
  metadata: Record<string, unknown> | null;
  /** The same request in the same batch has the same one: by it a lost ledger is rebuilt from a manifest. */
  fingerprint?: string;
  /** Name of the API key that asked for it. */
  createdBy?: string;
  task?: { id: string };
  attempts: number;
  progress?: { phase?: string; percent?: number };
  createdAt: string;
  submittedAt?: string;
  finishedAt?: string;
  videos: PublicVideo[];
  /** What else was stored: thumbnails, covers, and as `other` copies with a watermark. */
  extras?: PublicExtra[];
  /** When retention removed the files of `videos`. */
  filesRemovedAt?: string;
  /** From the price table, or the upstream's own figure; all rounds together. */
  estimatedCost?: EstimatedCost;
  failure?: { kind: string; message: string; code?: string; retryable: boolean };
  /** Why it is not moving, where it is not. */
  held?: string;
  /** While a person's cancel waits for the outcome of the submit. */
  cancelRequested?: boolean;
  unwanted?: boolean;
  /** `until`: only after a restored backup; then it may have been sent at any time from `sentAt` to `until`, if at all. */
  ambiguity?: { sentAt: string; until?: string; why: string; requestId?: string };
  /** Tasks that were paid for and came too late to be this generation's own. */
  strays?: { task: { id: string }; round: number; outcome?: string; endedAt?: string; url?: string }[];
  /** Where its events go, without the query. */
  webhook?: string;
  history: { at: string; state: State; note?: string; times?: number }[];
}

interface PublicVideo {
  url: string;
  file?: string;
  sha256?: string;
  bytes?: number;
  durationSeconds?: number;
  width?: number;
  height?: number;
  thumbnailUrl?: string;
}

interface PublicExtra {
  kind: 'thumbnail' | 'cover' | 'other';
  url: string;
  file: string;
  sha256: string;
  bytes: number;
}

export function publicGeneration(generation: Generation): PublicGeneration {
  const { ask, task, taskKey, failure, ambiguity } = generation;
  const cost = estimatedCost(generation.bill);
  return {
    id: generation.id,
    state: generation.state,
    provider: generation.provider,
    model: ask.model ?? recordedModel(generation.request),
    prompt: ask.prompt ?? null,
    ...(ask.image === undefined ? {} : { image: linkWithoutQuery(ask.image) }),
    params: recordedParams(generation.request),
    batch: generation.batch,
    priority: generation.priority,
    round: generation.round,
    metadata: generation.metadata,
    ...(generation.fingerprint === undefined ? {} : { fingerprint: generation.fingerprint }),
    ...(generation.createdBy === undefined ? {} : { createdBy: generation.createdBy }),
    ...(task === undefined || taskKey === undefined ? {} : { task: { id: taskKey } }),
    attempts: generation.attempts,
    ...(generation.phase === undefined ? {} : { progress: progress(generation) }),
    createdAt: iso(generation.createdAt),
    ...(generation.submittedAt === undefined ? {} : { submittedAt: iso(generation.submittedAt) }),
    ...(generation.finishedAt === undefined ? {} : { finishedAt: iso(generation.finishedAt) }),
    videos: videos(generation),
    ...(extras(generation).length === 0 ? {} : { extras: extras(generation) }),
    ...(generation.filesRemovedAt === undefined ? {} : { filesRemovedAt: iso(generation.filesRemovedAt) }),
    ...(cost === undefined ? {} : { estimatedCost: cost }),
    ...(failure === undefined ? {} : { failure }),
    ...held(generation),
    ...(hasWaitingCancel(generation) ? { cancelRequested: true } : {}),
    ...(generation.unwanted === true ? { unwanted: true } : {}),
    ...(ambiguity === undefined ? {} : { ambiguity: publicAmbiguity(ambiguity) }),
    ...(generation.strays === undefined ? {} : { strays: generation.strays.map(publicStray) }),
    ...(generation.webhook === undefined ? {} : { webhook: linkWithoutQuery(generation.webhook) }),
    history: generation.history.map(publicHistory),
  };
}

function publicAmbiguity({ sentAt, until, why, requestId }: Ambiguity): NonNullable<PublicGeneration['ambiguity']> {
  return { sentAt: iso(sentAt), ...(until === undefined ? {} : { until: iso(until) }), why, ...(requestId === undefined ? {} : { requestId }) };
}

function videos(generation: Generation): PublicVideo[] {
  const files = generation.files ?? [];
  const picture = files.find((file) => file.kind === 'thumbnail' || file.kind === 'cover');
  if (files.length === 0) return (generation.assets ?? []).filter((asset) => asset.kind === 'video').map((asset) => ({ url: linkWithoutQuery(asset.url) }));
  return files
    .filter((file) => file.kind === 'video')
    .map(({ file, sha256, bytes, durationSeconds, width, height, source }) => ({
      url: source,
      file,
      sha256,
      bytes,
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      ...(picture === undefined ? {} : { thumbnailUrl: picture.file }),
    }));
}

function extras({ files = [] }: Generation): PublicExtra[] {
  return files.flatMap(({ kind, source, file, sha256, bytes }) => (kind === 'video' ? [] : [{ kind, url: source, file, sha256, bytes }]));
}

function held({ state, held: why, waitsFor }: Generation): { held?: string } {
  const reason = why ?? (state === 'downloading' ? waitsFor : undefined);
  return reason === undefined ? {} : { held: reason };
}

function progress({ phase, percent }: Generation): { phase?: string; percent?: number } {
  return { ...(phase === undefined ? {} : { phase }), ...(percent === undefined ? {} : { percent }) };
}

function publicStray({ round, taskKey, endedAt, outcome, source }: Stray): NonNullable<PublicGeneration['strays']>[number] {
  return {
    task: { id: taskKey },
    round,
    ...(outcome === undefined ? {} : { outcome }),
    ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
    ...(source === undefined ? {} : { url: source }),
  };
}

function publicHistory({ at, ...entry }: HistoryEntry): PublicGeneration['history'][number] {
  return { at: iso(at), ...entry };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
