/** A body as one text, whatever the order of its keys: two bodies that say the same are the same. */
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
