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
  /** Milliseconds for which "no such task" or "done without a result" is tolerated before it becomes a failure. */
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
  /** The upstream says that this task costs nothing and proves that it no longer runs. Only then does a fresh submit pay once in all. */
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
  /** Unguessable; made of `clientId` and the API key, so the same each time; echoed by AceData inside the callback URL. */
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
   * After a restored backup, epoch milliseconds: the submit may have been sent at any time from `sentAt` to this one, and with another nonce.
   * "absent" may then be concluded only if no task of that time has the same request.
   */
  sentUntil?: number | undefined;
  /** Whether this look-up (`lookupOf`) has worked on this account before: it found a task of ours, or saw a nonce echoed. */
  known: { foundBefore: boolean; nonceSeen: boolean };
  callbackUrl?: string | undefined;
  inertCallback?: string | undefined;
}

interface RecogniseCall extends Call {
  clientId: string;
  nonce: string;
}

/** What a callback says. Anybody may have sent it, so it is a hint and never a result. */
export interface CallbackHint {
  /** The task that it names. */
  task?: string | undefined;
  /** False: the callback itself says that the task is still running. */
  final: boolean;
}

/** A task that a look-up found, and what it was recognised by. A match by `request` alone may belong to another generation with the same request. */
export interface Found {
  task: Task;
  by: 'client-id' | 'nonce' | 'request';
  /** Milliseconds since the task was created, by the upstream's own clock; absent when the upstream does not say. */
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
  /** Content types of image bytes that the upstream takes. Default: all that Dailies stores. */
  imageTypes?: readonly string[];
  /** Names of `params` that hold one image, or a list of them, in the form that `image` allows. */
  imageParams?: readonly string[];
  pace: Pace;
  /**
   * Paid. At most one HTTP exchange. Throws ProviderError. `done`: the video came at once. A failure that comes at once is not reported here:
   * the first poll brings it, from what the upstream has recorded.
   */
  submit(request: Request, call: SubmitCall): Promise<{ task: Task; done?: Succeeded }>;
  /** Free. Throws ProviderError when the *poll* failed, which says nothing about the video. */
  poll(task: Task, call: Call): Promise<Progress>;
  /**
   * Free, one exchange; present when the upstream answers for many tasks at once. The map is keyed by `taskKey` and holds certain states only: pending,
   * succeeded, failed. A task that the answer leaves out or contradicts is not in the map and is polled alone. Throws ProviderError when the answer as
   * a whole is bad, which says nothing about any of the tasks.
   */
  pollMany?(tasks: readonly Task[], call: Call): Promise<Map<string, Progress>>;
  /** For `pollMany`: one request may ask for at most `most` tasks, all of the same `group`. */
  together?: { most: number; group: (task: Task) => string };
  /** Free. Settles an ambiguous submit. Absent where the upstream has no look-up (Allegro). */
  find?(request: Request, call: FindCall): Promise<Found | 'absent' | 'unknown'>;
  /** Whether the look-up may miss a task for some two minutes after it was accepted, so that "absent" proves nothing until then. Default: false. */
  mayShowLate?: boolean;
  /** The name of the look-up that finds such a request. For providers with several look-ups: that one works proves nothing about another. */
  lookupOf?(request: Request): string;
  /** The model, for providers whose address contains it: an account may then take one model and not another. */
  addressedModel?(request: Request): string;
  /** What the body of a callback says. Absent where the upstream sends none (Allegro). Never throws. */
  readCallback?(body: string): CallbackHint;
  /** Free. What proves that this task is ours; null: nothing does; `missing`: the upstream does not know the task (yet). Throws ProviderError. */
  recognise?(task: Task, call: RecogniseCall): Promise<'client-id' | 'nonce' | 'missing' | null>;
  /** Key for the index "a task belongs to one generation", unique within an account. */
  taskKey(task: Task): string;
  /**
   * Makes a task from the id that a person types after `resolve --task`, or that a callback names. Throws ProviderError (`rejected`) when it cannot be
   * a task id. `endpointPath`: the path that the task was submitted under, if known.
   */
  taskFrom(text: string, request: Request, endpointPath?: string): Task;
}
