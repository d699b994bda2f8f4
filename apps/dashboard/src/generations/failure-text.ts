/** Why a generation failed, as a page may show it. */
import { failureText as wholeText, type Generation } from '@dailies/queue';
import { redactText } from '../html/redact.ts';

export function failureText(failure: NonNullable<Generation['failure']>): string {
  return redactText(wholeText(failure));
}
