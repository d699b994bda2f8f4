/**
 * A generation as the ledger holds it: one prompt that is to become one result. Times are epoch milliseconds.
 *
 * batch — a named set of generations · account — what the upstream bills and limits, `<name>@<origin>` · task — the upstream's own object
 * round — one go at a generation; a person starts a new one, or an end that the upstream calls unbilled (docs/decisions/004)
 * seq — hand-over counter; a job of another seq is a no-op
 * lane, turn — fair-turn tag (ledger/create/create.ts) · held — has no job on purpose, and why
 *
 * `assets` holds signed links and is the only secret in here: it never leaves the worker.
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
  /** What was asked, options merged, before defaults. */
  ask: Ask;
  /** What is sent, defaults filled in; only its provider reads it. */
  request: unknown;
  metadata: Record<string, unknown> | null;
  /** SHA-256 over batch and canonical line: equal ones are the same work. */
  fingerprint?: string;
  createdAt: number;
  submittedAt?: number;
  finishedAt?: number;
  /** For how long polls had been paused when the deadline was set, milliseconds: a pause does not count towards it (ledger/account/poll-pauses.ts). */
  pausedBase: number;
  deadlineAt?: number;
  clientId?: string;
  nonce?: string;
  /** Under what path of the account it was sent, where there are several (Kling): it is known under no other. */
  endpointPath?: string;
  sendBy?: number;
  task?: Task;
  taskKey?: string;
  /** The `taskKey` that a person gave: it may be mistyped, so another may take its place while nothing has come of it. */
  givenTask?: string;
  /** Since when the upstream is known to be through with a canceled task. */
  taskEndedAt?: number;
  polls: number;
  lastPolledAt?: number;
  missingSince?: number;
  doubtfulSince?: number;
  /** When a look last said that it is pending, where all looks since then have said nothing. */
  blindSince?: number;
  /** Looks in a row that have said nothing. */
  badLooks?: number;
  phase?: string;
  percent?: number;
  /** How often this round was proved absent and sent again. */
  absences?: number;
  /** The `until` of a restored backup's doubt under which it was proved absent: the same look does not doubt it again. */
  absentUntil?: number;
  /** Rounds that were begun by themselves, since the upstream had failed the task before and bills nothing for it. */
  resubmits?: number;
  /** Failed tries to fetch the assets. */
  fetches?: number;
  /** How long it has waited for what nothing but time mends: a host that is away, an upstream that gives no fresh link. Tries meanwhile are not counted. */
  waitedMs?: number;
  /** When it was last tried. */
  triedAt?: number;
  assets?: Asset[];
  files?: StoredFile[];
  /** Where the files are (or are to go to): an absolute folder, or `s3://bucket/prefix/batch`. */
  folder?: string;
  /** Since when retention is removing the files: nobody fetches them meanwhile. */
  filesExpiredAt?: number;
  /** When retention removed the files. Fetching them again is a person's word. */
  filesRemovedAt?: number;
  failure?: GenerationFailure;
  ambiguity?: Ambiguity;
  held?: HeldReason;
  /** Why its download waits, in words that name the remedy: a full disk, a bucket that is away. */
  waitsFor?: string;
  cancelRequested?: boolean;
  unwanted?: boolean;
  strays?: Stray[];
  /** Where its events go, when it names an endpoint of its own. May hold a secret in its query. */
  webhook?: string;
  /** When a callback last said that there is something to see (Redis' clock). A hint, never a proof. */
  hintAt?: number;
  /** The hint that the last poll has answered to. */
  hintSeen?: number;
  /** Polls in a row that were made early because of hints. */
  quick?: number;
  /** When the next poll comes by the usual pace, while hints have brought on others. */
  usualAt?: number;
  /** A task id that a callback has named: adopted only after a look shows that the task is ours. */
  offer?: string;
  /** The offer of which nothing more is to be asked: the upstream says that it is not ours, or has said nothing for too long. */
  offerSeen?: string;
  /** Name of the API key that asked for it. */
  createdBy?: string;
  /** The W3C traceparent of the request that brought it, where it was traced. */
  trace?: string;
  /** What it is estimated to have cost, all rounds together: `<micros>|<currency>|<basis>|<model>` (spend/bill.ts). */
  bill?: string;
  /** The round that `bill` was last counted for. */
  billedRound?: number;
  /** A copy of the ledger was restored while it was on its way: nothing about it is sent again by itself on less than a proof. */
  restored?: boolean;
  /** Past its retention: history, metadata and request are gone; who it is, what became of it and its file are kept for ever. */
  stub?: boolean;
  /** Where it was read from, in a ledger of several shards. Not part of the record. */
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
  /** Whether the end of the exchange was seen (an answer, a reset), or its owner fell silent. */
  endSeen: boolean;
  /** Epoch milliseconds of that end. */
  endAt?: number;
  why: string;
  requestId?: string;
  /** This submit itself was refused: its client id names a task there already. Whose that is, a look-up tells. */
  refusedAs?: 'id-used';
  /** After a restored backup: it may have been sent at any time from `sentAt` to this one (epoch milliseconds). */
  until?: number;
  /** After a restored backup: another submit of its account, the last that is known. Whether the key is still the one of then, its nonce tells. */
  sentAs?: { clientId: string; nonce: string };
}

export type HeldReason = 'unattended' | 'origin' | 'dropped' | 'offered';

export interface HistoryEntry {
  at: number;
  state: State;
  note?: string;
  /** How often in a row, when more than once. */
  times?: number;
}
