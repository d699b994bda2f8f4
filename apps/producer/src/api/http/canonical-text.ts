/** A body as one text with its keys in order, so that two bodies with the same meaning give the same text. */
import { canonicalJson } from '@dailies/queue';
import { Problem } from './problem.ts';

export function canonicalText(body: unknown): string {
  try {
    return canonicalJson(body);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem(400, 'malformed', 'The body is nested too deeply.');
    throw error;
  }
}
