/**
 * One accepted task, as the upstream keeps it: what was asked, by which account, when it will end, and how.
 * Its state is never stored, only computed from the clock, so a restart cannot disturb it.
 */
export interface Task {
  readonly id: string;
  readonly provider: ProviderName;
  /** `kling:1f3c…`: the upstream account and a hash of the key; never the key. */
  readonly account: string;
  /** The route that made it: `text2video`, `image2video`, `text-to-video`, …; `videos` elsewhere. */
  readonly route: string;
  readonly endpointPath?: string | undefined;
  readonly externalId?: string | undefined;
  readonly callbackUrl?: string | undefined;
  readonly traceId: string;
  /** The request body, its very long values (Base64 images) shortened. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly prompt: string;
  readonly model?: string | undefined;
  /** What the client sent as AceData's `trace_id`. */
  readonly nonce?: string | undefined;
  readonly acceptedAt: number;
  startsAt: number;
  finishesAt: number;
  failure?: TaskFailure | undefined;
  readonly quirks: Quirks;
}

export type ProviderName = 'allegro' | 'kling' | 'hailuo' | 'pika' | 'luma';
export type ProviderAccount = 'allegro' | 'kling' | 'acedata';
export type Phase = 'submitted' | 'processing' | 'succeeded' | 'failed';

export interface TaskFailure {
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
}

/** How answers about a task may misbehave: for its whole life (a fault on create), or in one answer (a fault on poll). */
export interface Quirks {
  readonly noOutput?: boolean | undefined;
  readonly unknownWord?: boolean | undefined;
  readonly numericId?: boolean | undefined;
  /** Until this time the upstream does not know the task. */
  readonly hiddenUntil?: number | undefined;
  /** An answer about several tasks does not show it; asked for alone it is known. */
  readonly leftOut?: boolean | undefined;
  /** One of the eighteen published AceData record shapes. */
  readonly record?: number | undefined;
}

export function phaseOf(task: Task, now: number): Phase {
  if (now >= task.finishesAt) return task.failure === undefined ? 'succeeded' : 'failed';
  return now < task.startsAt ? 'submitted' : 'processing';
}

/** When the task last changed its state. */
export function updatedAt(task: Task, now: number): number {
  const phase = phaseOf(task, now);
  if (phase === 'submitted') return task.acceptedAt;
  return phase === 'processing' ? task.startsAt : task.finishesAt;
}

/** The account of each provider: the AceData three share one. */
export function upstreamAccount(provider: ProviderName): ProviderAccount {
  return provider === 'allegro' || provider === 'kling' ? provider : 'acedata';
}
