/**
 * A generation as users see it: HTTP, `--json`, the manifest. Nothing secret is in it: a link is shown without its query.
 */
import type { Generation, HistoryEntry, Stray } from './generation.ts';
import { type EstimatedCost, estimatedCost } from './spend/bill.ts';
import type { State } from './states.ts';

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
  task?: { id: string };
  attempts: number;
  progress?: { phase?: string; percent?: number };
  createdAt: string;
  submittedAt?: string;
  finishedAt?: string;
  videos: PublicVideo[];
  /** From the price table, or the upstream's own figure; all rounds together. */
  estimatedCost?: EstimatedCost;
  failure?: { kind: string; message: string; code?: string; retryable: boolean };
  /** Why it is not moving, where it is not. */
  held?: string;
  unwanted?: boolean;
  ambiguity?: { sentAt: string; why: string; requestId?: string };
  /** Tasks that were paid for and came too late to be this generation's own. */
  strays?: { task: { id: string }; round: number; outcome?: string; endedAt?: string; url?: string }[];
  history: { at: string; state: State; note?: string; times?: number }[];
}

export interface PublicVideo {
  url: string;
  file?: string;
  sha256?: string;
  bytes?: number;
  durationSeconds?: number;
  width?: number;
  height?: number;
  thumbnailUrl?: string;
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
    ...(task === undefined || taskKey === undefined ? {} : { task: { id: taskKey } }),
    attempts: generation.attempts,
    ...(generation.phase === undefined ? {} : { progress: progress(generation) }),
    createdAt: iso(generation.createdAt),
    ...(generation.submittedAt === undefined ? {} : { submittedAt: iso(generation.submittedAt) }),
    ...(generation.finishedAt === undefined ? {} : { finishedAt: iso(generation.finishedAt) }),
    videos: videos(generation),
    ...(cost === undefined ? {} : { estimatedCost: cost }),
    ...(failure === undefined ? {} : { failure }),
    ...(generation.held === undefined ? {} : { held: generation.held }),
    ...(generation.unwanted === true ? { unwanted: true } : {}),
    ...(ambiguity === undefined
      ? {}
      : { ambiguity: { sentAt: iso(ambiguity.sentAt), why: ambiguity.why, ...(ambiguity.requestId === undefined ? {} : { requestId: ambiguity.requestId }) } }),
    ...(generation.strays === undefined ? {} : { strays: generation.strays.map(publicStray) }),
    history: generation.history.map(publicHistory),
  };
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

/** A signed link without what signs it. */
export function linkWithoutQuery(link: string): string {
  return link.startsWith('data:') ? 'data:' : (link.split(/[?#]/, 1)[0] ?? '');
}

function progress({ phase, percent }: Generation): { phase?: string; percent?: number } {
  return { ...(phase === undefined ? {} : { phase }), ...(percent === undefined ? {} : { percent }) };
}

export function recordedModel(request: unknown): string | null {
  const record = recordOf(request);
  const model = record['model'] ?? record['model_name'];
  return typeof model === 'string' ? model : null;
}

export function recordedParams(request: unknown): Record<string, unknown> {
  const { prompt: _prompt, model: _model, model_name: _modelName, image: _image, ...params } = recordOf(request);
  return params;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
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
