/**
 * How long the sender of an answer (an upstream, a host of videos, a webhook's receiver) asks us to wait, in milliseconds: `Retry-After` in seconds or as a date, or `retry-after-ms`.
 *
 * Clamped to 0 … 1 h: an answer from outside may slow us down, but never put us to sleep for good.
 */
import type { UpstreamAnswer } from './upstream-http.ts';

export function retryAfter(headers: UpstreamAnswer['headers'], now = Date.now()): number | undefined {
  const milliseconds = first(headers['retry-after-ms']);
  if (milliseconds !== undefined && PLAIN_NUMBER.test(milliseconds)) return clamp(Number(milliseconds));

  const value = first(headers['retry-after']);
  if (value === undefined) return undefined;
  if (PLAIN_NUMBER.test(value)) return clamp(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : clamp(date - now);
}

const PLAIN_NUMBER = /^\d+(\.\d+)?$/;
const HOUR = 3_600_000;

function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.trim();
}

function clamp(milliseconds: number): number {
  return Math.min(Math.max(Math.ceil(milliseconds), 0), HOUR);
}
