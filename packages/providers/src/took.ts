/** How long a task took by the upstream's own clock: the difference of two of its times, numbers in a unit of its own or ISO 8601. */
import { numberOf, textOf } from './http/json.ts';
import type { Json, Progress } from './provider.ts';

/** Only on a success, and only where both times are given and in order. */
export function withTook(progress: Progress | undefined, { from, to, unitMs }: { from: Json | undefined; to: Json | undefined; unitMs: number }): Progress | undefined {
  if (progress?.state !== 'succeeded') return progress;
  const tookMs = Math.round(timeOf(to, unitMs) - timeOf(from, unitMs));
  return tookMs > 0 ? { ...progress, tookMs } : progress;
}

function timeOf(value: Json | undefined, unitMs: number): number {
  const number = numberOf(value);
  return number === undefined ? Date.parse(textOf(value) ?? '') : number * unitMs;
}
