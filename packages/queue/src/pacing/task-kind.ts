/**
 * Which tasks take about as long as each other: same provider, model, seconds and, where there are several, mode and resolution. A name for people
 * and for Redis.
 */
import type { Generation } from '../generation.ts';
import { recordedModel, recordedParams } from '../recorded-request.ts';

const LONGEST = 120;

export function taskKind({ provider, ask, request }: Pick<Generation, 'provider' | 'ask' | 'request'>): string {
  const { duration, mode, resolution } = recordedParams(request);
  const said = [duration, mode, resolution].map((value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : ''));
  return [provider, ask.model ?? recordedModel(request) ?? 'default', ...said].join('|').slice(0, LONGEST);
}
