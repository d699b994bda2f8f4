/** Why a generation failed, in a line: the kind, the upstream's words, and its code where the words do not have it yet. */
import type { Generation } from './generation.ts';

export function failureText({ kind, message, code }: Pick<NonNullable<Generation['failure']>, 'kind' | 'message' | 'code'>): string {
  // Refusals end with it: "(HTTP 400, code 1301)".
  const isSaid = code === undefined || message.includes(`code ${code})`);
  return `${kind}: ${message}${isSaid ? '' : ` (code ${code})`}`;
}
