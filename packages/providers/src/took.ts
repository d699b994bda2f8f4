/** How long a task took by the upstream's own clock. */
import { numberOf, textOf } from './http/json.ts';
import type { Json } from './provider.ts';

/** The milliseconds between two of its times: numbers in units of `unitMs`, or ISO 8601. Undefined unless both are given, and in order. */
export function tookMs(from: Json | undefined, to: Json | undefined, unitMs: number): number | undefined {
  const ms = Math.round(timeOf(to, unitMs) - timeOf(from, unitMs));
  return ms > 0 ? ms : undefined;
}

function timeOf(value: Json | undefined, unitMs: number): number {
  const number = numberOf(value);
  return number === undefined ? Date.parse(textOf(value) ?? '') : number * unitMs;
}
