/**
 * What holds half of a character. JSON can write one (`"\ud83d"`), and it is what is left where a text was cut in the middle of an emoji. An upstream
 * refuses it, or takes a question mark in its place, which is paid for.
 */
import type { FieldFault } from './field-fault.ts';
import { isObject } from './own-fields.ts';

export function brokenTextFaults({ params, ...ask }: Readonly<Record<string, unknown>>): FieldFault[] {
  const ofParams = isObject(params) ? Object.entries(params).map(([name, value]) => [`params.${name}`, value] as const) : [];
  return [...Object.entries(ask), ...ofParams].filter(([, value]) => isBroken(value)).map(([field]) => ({ field, ...FAULT }));
}

const FAULT = { message: 'has half of a character: a surrogate without its pair', remedy: 'Do not cut text in the middle of a character such as an emoji' };

/** Whether it is such a text, or one is anywhere in it. What is nested too deeply is left for the schema to refuse. */
function isBroken(value: unknown): boolean {
  let found = false;
  try {
    JSON.stringify(value, (_name, part: unknown) => {
      found ||= typeof part === 'string' && /\p{Surrogate}/u.test(part);
      return part;
    });
  } catch {
    return false;
  }
  return found;
}
