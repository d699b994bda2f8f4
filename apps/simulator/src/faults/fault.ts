import type { RequestKind } from '../request-log.ts';
import type { ProviderName } from '../task.ts';

/** One thing that is to go wrong, as data: on which requests, how often, and what. */
export interface Fault {
  readonly what: string;
  readonly on: FaultyKind;
  /** One provider, or the three of AceData. An error row is for its own vendor without saying so. */
  readonly provider?: ProviderName | 'acedata' | undefined;
  /** How many requests it hits; without it, every one. */
  readonly times?: number | undefined;
  /** How many matching requests it lets pass first. */
  readonly after?: number | undefined;
  readonly probability?: number | undefined;
  /** Only requests whose prompt (or whose task's prompt) contains this. */
  readonly match?: string | undefined;
  /** Only questions about several tasks, by their own ids (true); or none of those (false). */
  readonly many?: boolean | undefined;
  /** On create: whether the upstream takes the order in spite of the answer. Each kind has its own default. */
  readonly accepted?: boolean | undefined;
  /** A time in real milliseconds, for the kinds that have one. */
  readonly ms?: number | undefined;
  /** A number of bytes, for the kinds that have one. */
  readonly bytes?: number | undefined;
  /** The text of an error or of a failed task. */
  readonly reason?: string | undefined;
  /** The code of a failed task. */
  readonly code?: string | undefined;
  /** Where a redirect leads. */
  readonly url?: string | undefined;
}

export type FaultyKind = Exclude<RequestKind, 'other'>;
