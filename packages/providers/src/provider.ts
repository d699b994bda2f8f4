/**
 * What an upstream API is to Dailies: one paid verb, free verbs, and a schema.
 *
 * A provider never loops, sleeps or retries, and knows no queue, no Redis, no environment and no file.
 * `submit` makes at most one HTTP exchange, because every second one could be a second bill.
 */
import type { z } from 'zod';
import type { UpstreamHttp } from './http/upstream-http.ts';

export const PROVIDER_NAMES = ['allegro', 'kling', 'hailuo', 'pika', 'luma'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The upstream's own object, opaque: only the provider that made it reads it. Survives a JSON round trip. */
export type Task = { [key: string]: Json };

/** What a caller asks for: the shape of a prompt line or an API request, after options are merged and before defaults. */
export interface Ask {
  prompt?: string | undefined;
  model?: string | undefined;
  /** An http(s) URL, or a stored image as `sha256:<64 hex>`. */
  image?: string | undefined;
  params?: Record<string, unknown> | undefined;
}

export interface Pace {
  /** Milliseconds from the accepted submit to the first poll. */
  firstPollMs: number;
  /** Shortest and longest pause between two polls, in milliseconds. */
  minMs: number;
  maxMs: number;
  /** Milliseconds from the submit after which a generation is overdue. */
  deadlineMs: number;
  /** How long "no such task", or "done without a result", is tolerated before it becomes a failure. */
  missingGraceMs: number;
}

export interface Asset {
  kind: 'video' | 'thumbnail' | 'cover' | 'other';
  /** The upstream's (possibly signed, expiring) link. Secret: never logged. */
  url: string;
  durationSeconds?: number;
  width?: number;
  height?: number;
}

export interface Failure {
  /** `rejected`, `moderated`, `upstream` (the upstream tried and failed), `missing`, `no_output`, … */
  kind: FailureKind;
  /** The upstream's real reason, for people. */
  message: string;
  code?: string;
  /** Whether a fresh submit has a chance. Never acted on automatically unless the upstream says it is unbilled. */
  retryable: boolean;
  /** The upstream's own word that this task costs nothing, and proof that it no longer runs: then a fresh submit pays once. */
  unbilled?: boolean;
}
export type FailureKind = 'rejected' | 'moderated' | 'upstream' | 'missing' | 'no_output' | 'protocol';

/** What the upstream itself says that a task has cost. */
interface ReportedCost {
  amount: number;
  /** ISO 4217, or `units` of the upstream's own. */
  unit: string;
}

export interface Succeeded {
  state: 'succeeded';
  assets: [Asset, ...Asset[]];
  reported?: ReportedCost;
  /** From creation to completion by the upstream's own clock. A hint for the pace of polls, nothing more. */
  tookMs?: number;
}

export type Progress =
  | { state: 'pending'; phase: 'queued' | 'running'; note?: string; percent?: number }
  | Succeeded
  | { state: 'failed'; failure: Failure }
  /** The upstream does not know the task (yet). Counted by the ledger, a failure only after `missingGraceMs`. */
  | { state: 'missing' }
  /** The upstream says done, without a result. Counted likewise. */
  | { state: 'doubtful'; failure: Failure };

/** Where an account's requests go. `origin` of `baseUrl` is the only place that ever sees `apiKey`. */
export interface AccountAccess {
  baseUrl: string;
  apiKey: string;
  /** Kling through Cloudsway: the opaque id in the path, `/v1/ai/{endpointPath}`. */
  endpointPath?: string | undefined;
}

export interface Call {
  access: AccountAccess;
  http: UpstreamHttp;
  signal?: AbortSignal | undefined;
}

export interface SubmitCall extends Call {
  /** `<generation>.<round>`: sent as the upstream's client id where it has one. */
  clientId: string;
  /** Unguessable, drawn before the submit; echoed by AceData inside the callback URL. */
  nonce: string;
  /** True while the paid bytes may still leave. Checked after connecting, before the headers. */
  maySend: () => boolean;
  /** Our public callback URL, when there is one. */
  callbackUrl?: string | undefined;
  /** AceData: the inert https address that stands in for a callback (`ACEDATA_INERT_CALLBACK`); the provider adds the nonce. */
  inertCallback?: string | undefined;
  /** Bytes of an image stored as `sha256:<hex>`. */
  loadImage: (reference: string) => Promise<{ bytes: Uint8Array; contentType: string }>;
}

export interface FindCall extends Call {
  clientId: string;
  nonce: string;
  /** Epoch milliseconds when the intent was written. */
  sentAt: number;
  /**
   * After a restored backup: it may have been sent at any time from `sentAt` to this one (epoch milliseconds), and may have carried another nonce.
   * Absence then needs that nothing of that time looks like it, either.
   */
  sentUntil?: number | undefined;
  /** Set when this look-up (`lookupOf`) has worked on this account before (found a task of ours, or saw our nonce echoed). */
  known: { foundBefore: boolean; nonceSeen: boolean };
  callbackUrl?: string | undefined;
  inertCallback?: string | undefined;
}

interface RecogniseCall extends Call {
  clientId: string;
  nonce: string;
}

/** What a callback says. Anybody may have written it: a hint, never a result. */
export interface CallbackHint {
  /** The task that it names. */
  task?: string | undefined;
  /** False: the upstream says itself that it is still at work. */
  final: boolean;
}

/** A task that a look-up found, and by what it was recognised: a match by `request` alone may be a sibling's. */
export interface Found {
  task: Task;
  by: 'client-id' | 'nonce' | 'request';
  /** How long ago it was made, by the upstream's own clock alone; absent where it does not say. */
  ageMs?: number;
}

export interface Provider<Request = unknown> {
  name: ProviderName;
  /** For people: "Kling through Cloudsway's MaaS_KL". */
  title: string;
  /** Strict: unknown fields are refused with their name. Parses an `Ask` into the request that is recorded, defaults filled in. */
  request: z.ZodType<Request>;
  /**
   * Schema of `params` alone (an object schema), before defaults: for coercing CSV cells and `--param k=v`, for suggestions and for `dailies providers`.
   */
  params: z.ZodObject;
  models: readonly string[];
  /** How `Ask.image` is taken: not at all, by URL only, or by URL and stored bytes. */
  image: 'none' | 'url' | 'url-or-bytes';
  /** Content types of bytes that are taken, where not every image that Dailies stores is. */
  imageTypes?: readonly string[];
  /** Names of `params` that hold one image, or a list of them, in the form that `image` allows. */
  imageParams?: readonly string[];
  pace: Pace;
  /**
   * Paid. At most one HTTP exchange. Throws ProviderError. `done`: the video that came at once. A failure that comes at once is not said here:
   * a poll of its task brings it, from what the upstream has recorded of it.
   */
  submit(request: Request, call: SubmitCall): Promise<{ task: Task; done?: Succeeded }>;
  /** Free. Throws ProviderError when the *poll* failed, which says nothing about the video. */
  poll(task: Task, call: Call): Promise<Progress>;
  /**
   * Free, one exchange, where the upstream answers for many tasks at once. By `taskKey`, and only what is certain: pending, succeeded, failed. A task that
   * the answer leaves out or contradicts is not in the map, which says nothing about it: it is polled alone. Throws ProviderError when the answer
   * as a whole is bad, which says nothing about any of them.
   */
  pollMany?(tasks: readonly Task[], call: Call): Promise<Map<string, Progress>>;
  /** With `pollMany`: which tasks one answer can be about (those of the same group), and how many at the most. */
  together?: { most: number; group: (task: Task) => string };
  /** Free. Settles an ambiguous submit. Absent where the upstream has no look-up (Allegro). */
  find?(request: Request, call: FindCall): Promise<Found | 'absent' | 'unknown'>;
  /** Whether a task may be missing from the look-up for some two minutes after it was accepted: "absent" says nothing until then. Default: not. */
  mayShowLate?: boolean;
  /** The name of the look-up by which such a request is sought, where a provider has several: that one works says nothing of another. */
  lookupOf?(request: Request): string;
  /** The model, where it is part of the address that a request is sent to, so that an account may take one and not another. */
  addressedModel?(request: Request): string;
  /** What the body of a callback says. Absent where the upstream sends none (Allegro). Never throws. */
  readCallback?(body: string): CallbackHint;
  /** Free. By what this task shows that it is ours; null where it does not; `missing` where the upstream does not know it, or not yet. Throws ProviderError. */
  recognise?(task: Task, call: RecogniseCall): Promise<'client-id' | 'nonce' | 'missing' | null>;
  /** Key for the index "a task belongs to one generation", unique within an account. */
  taskKey(task: Task): string;
  /**
   * From what a person types after `resolve --task`, or a callback names. Throws ProviderError (`rejected`) when it cannot be one. `endpointPath`: under
   * which it was submitted, where that is known.
   */
  taskFrom(text: string, request: Request, endpointPath?: string): Task;
}
