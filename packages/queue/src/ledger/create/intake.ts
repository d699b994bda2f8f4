/** An intake: what is to be accepted together, and what became of it. */
import type { Ask, ProviderName } from '@dailies/providers';
import type { Earlier } from './earlier.ts';

export interface NewGeneration {
  id: string;
  provider: ProviderName;
  account: string;
  ask: Ask;
  request: unknown;
  /** Equal fingerprints are the same work; the same id with another one is refused. */
  fingerprint: string;
  model?: string | undefined;
  /** 0–3, default 1. */
  priority: number;
  metadata: Record<string, unknown> | null;
  webhook?: string | undefined;
  /** What became of it before the ledger was lost. It is created in that state and not submitted. */
  earlier?: Earlier | undefined;
  /** W3C traceparent. */
  trace?: string | undefined;
}

export interface Intake {
  /** Null for single requests. */
  batch: string | null;
  /** The lane of the fair turns: the batch, or the API key of single requests. */
  lane: string;
  /** Submitted only while a `run` or `watch` of the batch is alive. */
  attended: boolean;
  /** A batch of this name that is there already takes nothing new: then the outcome is `other`. Default: it does. */
  closed?: boolean | undefined;
  /**
   * Milliseconds after which the caller does not wait for the answer any more. A Redis that was frozen meanwhile must not accept the intake later: then
   * the outcome is `busy`. Default: it may take any time.
   */
  withinMs?: number | undefined;
  /** Name of the API key that asks. All its lanes together have the share of one; a lane without a key is its own. */
  createdBy?: string | undefined;
  /** Where the results go, where the batch has a place of its own: an absolute folder, or `s3://…`. */
  folder?: string | undefined;
  /** The endpoint of the batch, for its own end and for those of its generations that name no endpoint. That of the newest intake counts. */
  webhook?: string | undefined;
  items: readonly NewGeneration[];
}

export type CreateResult =
  | { outcome: 'accepted'; created: string[]; known: string[]; fresh: Created[] }
  /** The batch is there already, closed, and has not these. Nothing was accepted. */
  | { outcome: 'other'; ids: string[] }
  /** These ids exist with another request: all of the intake's that do. Nothing was accepted. */
  | { outcome: 'conflict'; ids: string[] }
  /** Another intake of the same batch is under way. Nothing was accepted. */
  | { outcome: 'busy' };

/** A generation that was created, with all that its first job needs, so that it need not be read back. */
export interface Created {
  item: NewGeneration;
  turn: number;
  /** Where its turn stands among those who wait, at this moment (ledger/turns/places.ts). */
  place: number;
  /** Epoch milliseconds, by the clock of Redis. */
  createdAt: number;
}
