/**
 * A generation as the ledger holds it: one prompt that is to become one result. Times are epoch milliseconds.
 *
 * batch — a named set of generations · account — what the upstream bills and limits, `<name>@<origin>` · task — the upstream's own object
 * round — one go at a generation; a person starts a new one, or an end that the upstream calls unbilled (docs/decisions/004)
 * seq — hand-over counter; a job of another seq is a no-op
 * lane, turn — fair-turn tag (ledger/turns/fair-turns-script.ts) · held — has no job on purpose, and why
 *
 * Secret are the signed links in `assets`, `nonce` (also in `ambiguity.sentAs`), and the queries of the links in `ask`, `request` and `webhook`: whoever
 * shows a generation shows public-generation.ts.
 */
import type { Ask, Asset, ProviderName, Task } from '@dailies/providers';
import type { State } from './states.ts';

export interface Generation {
  id: string;
  state: State;
  seq: number;
  round: number;
  /** Submits that were or may have been accepted. */
  attempts: number;
  provider: ProviderName;
  account: string;
  /** Null for a single request. */
  batch: string | null;
  lane: string;
  /** 0–3, higher first. */
  priority: number;
  turn: number;
  /** What was asked for, with options merged in, and without defaults. */
  ask: Ask;
  /** What is sent, defaults filled in; only its provider reads it. */
  request: unknown;
  metadata: Record<string, unknown> | null;
  /** SHA-256 over batch and canonical line: equal ones are the same work. */
  fingerprint?: string;
  createdAt: number;
  submittedAt?: number;
  finishedAt?: number;
  /** Milliseconds for which polls had been paused when the deadline was set: pauses do not count towards a deadline (ledger/account/poll-pauses.ts). */
  pausedBase: number;
  deadlineAt?: number;
  /** `<id>.<round>`: what the upstream is given to know the submit by. */
  clientId?: string;
  /** A secret mark that the submit of this round carries: by it a look-up or a callback is known to be about this submit. */
  nonce?: string;
  /** Which API key it was submitted with (sent-with.ts). */
  sentWith?: string;
  /** The path of the account under which it was submitted, where there are several (Kling): its task is known under no other. */
  endpointPath?: string;
  /** After this the paid request may not leave any more. */
  sendBy?: number;
  task?: Task;
  taskKey?: string;
  /** The `taskKey` that a person gave. It may be mistyped, so another task may take its place as long as no video has come of it. */
  givenTask?: string;
  /** Since when the upstream is known to be through with a canceled task. */
  taskEndedAt?: number;
  polls: number;
  lastPolledAt?: number;
  missingSince?: number;
  doubtfulSince?: number;
  /** When a look last said that the task is pending, if no look since then has said anything. */
  blindSince?: number;
  /** Looks in a row that have said nothing. */
  badLooks?: number;
  phase?: string;
  percent?: number;
  /** How often this round was proved absent and sent again; not counted after a restored backup. */
  absences?: number;
  /** `ambiguity.until` of the doubt after a restored backup in which it was proved absent: the same `doctor --after-restore` does not doubt it again. */
  absentUntil?: number;
  /** Rounds that began without a person's word, since the upstream had failed the task before and bills nothing for it. */
  resubmits?: number;
  /** Failed tries to fetch the assets. */
  fetches?: number;
  /** How long the download has waited for a host that is away, or for an upstream that gives no fresh link. Such tries are not counted as `fetches`. */
  waitedMs?: number;
  /** When the download was last tried while it waits so. */
  triedAt?: number;
  assets?: Asset[];
  /** What its download is about to put under a final name. After a crash, a file of that name and checksum is known to be ours. */
  storing?: Pick<StoredFile, 'file' | 'sha256' | 'bytes'>[];
  files?: StoredFile[];
  /** These files are not its first, or a person has retried it without a new round, or given its task: `finishedAt` says nothing of how long its video took. */
  refetched?: boolean;
  /** Where the files are: an absolute folder, or `s3://bucket/prefix/batch`. */
  folder?: string;
  /** When retention began to remove the files: no retry fetches them meanwhile. */
  filesExpiredAt?: number;
  /** When retention removed the files. Only a person has them fetched again. */
  filesRemovedAt?: number;
  failure?: GenerationFailure;
  ambiguity?: Ambiguity;
  held?: HeldReason;
  /** The last repair that has given it a new job, behind the seq of that job and a dot. */
  renewedBy?: string;
  /** From its submit until its end is known: its file no longer has it. If it is not paid, it is held as `dropped` instead of being sent again. */
  dropped?: boolean;
  /** Why its download waits, in words that name the remedy: a full disk, a bucket that is away. */
  waitsFor?: string;
  /** A person asked to cancel while the outcome of the submit was not known. */
  cancelRequested?: boolean;
  /** A person canceled with `--collect`: the video is collected all the same. */
  unwanted?: boolean;
  strays?: Stray[];
  /** Where its events go, when it names an endpoint of its own. May hold a secret in its query. */
  webhook?: string;
  /** A hint: when a callback last said that there is something to see (Redis' clock). It never proves anything. */
  hintAt?: number;
  /** The hint after which a poll was made. */
  hintSeen?: number;
  /** Polls in a row that were made early because of hints. */
  quick?: number;
  /** When the next poll is due by the usual pace, while hints have brought on earlier ones. */
  usualAt?: number;
  /** An offer: the task id that a callback has named. The task is adopted only after the upstream has shown that it is ours. */
  offer?: string;
  /** The offer about which the upstream is not asked any more: it says that the task is not ours, or has said nothing for too long. */
  offerSeen?: string;
  /** Name of the API key that asked for it. */
  createdBy?: string;
  /** The W3C traceparent of the request that brought it, where it was traced. */
  trace?: string;
  /** What it is estimated to have cost, all rounds together: `<micros>|<currency>|<basis>|<model>` (spend/bill.ts). */
  bill?: string;
  /** The round that `bill` was last counted for. */
  billedRound?: number;
  /** A backup of the ledger was restored while it was on its way: it is not submitted again without a person's word or a proof of its absence. */
  restored?: boolean;
  /** Past its retention: history, metadata and request are gone; its id, state, task and files are kept for ever. */
  stub?: boolean;
  /** The shard that it was read from, in a ledger of several. Not part of the record. */
  shard?: number;
  history: HistoryEntry[];
}

export interface StoredFile {
  kind: Asset['kind'];
  /** Name within the folder. */
  file: string;
  sha256: string;
  bytes: number;
  durationSeconds?: number;
  width?: number;
  height?: number;
  /** The upstream's link without its query. */
  source: string;
}

export interface GenerationFailure {
  /** A provider's failure kind, or `input`, `asset`, `expired`, `id_used`, `abandoned`. */
  kind: string;
  message: string;
  code?: string;
  retryable: boolean;
}

/** A task that came too late to be the generation's own: kept, shown, and polled until its slot is free. */
export interface Stray {
  round: number;
  task: Task;
  taskKey: string;
  /** Epoch milliseconds since when the upstream is known to be through with it. */
  endedAt?: number;
  outcome?: 'succeeded' | 'failed' | 'gone';
  /** Where its video was, without what signs the link. */
  source?: string;
}

/** What is known of a paid request whose outcome nobody knows. */
export interface Ambiguity {
  /** Epoch milliseconds of the intent. */
  sentAt: number;
  /** Whether the end of the exchange was seen (an answer, a reset). False: its owner fell silent, or a backup was restored. */
  endSeen: boolean;
  /** Epoch milliseconds of that end. */
  endAt?: number;
  why: string;
  requestId?: string;
  /** The upstream refused this submit, since its client id names a task there already. A look-up tells whose that task is. */
  refusedAs?: 'id-used';
  /** The upstream has refused a look-up of it, and the account was paused. The mark of the key that was refused (the worker's settle/turned-away.ts). */
  turnedAway?: string;
  /** Only after a restored backup: it may have been sent at any time from `sentAt` to this one (epoch milliseconds). */
  until?: number;
  /**
   * Only after a restored backup: a submit with the key of the last known submit of the account (operations/last-sent.ts). Its nonce tells whether the key
   * has been changed since. The path is that of the last known submit itself.
   */
  sentAs?: { clientId: string; nonce: string; endpointPath?: string };
}

export const HELD_REASONS = ['unattended', 'origin', 'dropped', 'offered'] as const;

export type HeldReason = (typeof HELD_REASONS)[number];

export interface HistoryEntry {
  at: number;
  state: State;
  note?: string;
  /** How often in a row, when more than once. */
  times?: number;
}
