/**
 * What a provider's schema says against an ask → faults with field and remedy. The providers' own sentences ("what is wrong: what to do")
 * are kept; those that Zod makes are said in our words, with what was found and what is allowed.
 */
import { MOST_NAMED } from '@dailies/providers';
import type { z } from 'zod';
import { type FieldFault, quoted } from './field-fault.ts';
import type { Parameter } from './parameters.ts';

export interface Checked {
  provider: string;
  parameters: readonly Parameter[];
  ask: Record<string, unknown>;
}

export function schemaFaults(issues: readonly z.core.$ZodIssue[], checked: Checked): FieldFault[] {
  return issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? unknownNames(issue, checked) : [faultOf(issue, checked)]));
}

/** A fault for each unknown name, up to MOST_NAMED; the provider's messages about them come joined in one. */
function unknownNames(issue: z.core.$ZodIssueUnrecognizedKeys, { provider }: Checked): FieldFault[] {
  const messages = issue.message.split('; ');
  const keys = issue.keys.slice(0, MOST_NAMED);
  const apart = messages.length === keys.length;
  return keys.map((key, index) => {
    const { message, remedy } = ownWords((apart ? messages[index] : issue.message) ?? '');
    return { field: [...issue.path, key].join('.'), message: `${provider}: ${message}`, remedy: remedy || seePage(provider) };
  });
}

function faultOf(issue: z.core.$ZodIssue, checked: Checked): FieldFault {
  const found = issue.path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), checked.ask);
  const field = issue.path.join('.') || null;
  const parameter = issue.path[0] === 'params' ? checked.parameters.find(({ name }) => name === issue.path[1]) : undefined;
  const general = allowedHere(issue, parameter) ?? seePage(checked.provider);
  if (/^(Invalid|Too (big|small))\b/.test(issue.message)) return { field, message: ourWords(issue, found), remedy: general };
  const { message, remedy } = ownWords(issue.message);
  const shown = issue.code === 'custom' || found === undefined ? message : `${message} (found ${quoted(found)})`;
  return { field, message: shown, remedy: remedy || general };
}

function allowedHere(issue: z.core.$ZodIssue, parameter: Parameter | undefined): string | undefined {
  if (issue.code === 'invalid_value') return `Allowed: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  return parameter && issue.path.length === 2 ? `Allowed: ${parameter.allowed}` : undefined;
}

/** The provider's sentence, split into what is wrong and what to do: at the first colon outside quotes, or before a list that begins with "Known:". */
function ownWords(text: string): { message: string; remedy: string } {
  const [, message = text, remedy = ''] = /^((?:[^":]|"[^"]*"|:(?! ))+): (.+)$/s.exec(text) ?? [];
  if (message.endsWith(' Known')) return { message: message.replace(/\.? Known$/, ''), remedy: `Known: ${remedy}` };
  return { message, remedy: remedy.charAt(0).toUpperCase() + remedy.slice(1) };
}

function ourWords(issue: z.core.$ZodIssue, found: unknown): string {
  if (found === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      if (isBeyondNumbers(issue.expected, found)) return `must be ${found.startsWith('-') ? 'at least -' : 'at most '}${Number.MAX_SAFE_INTEGER}, not ${found}`;
      return `must be ${NOUNS[issue.expected] ?? issue.expected}, not ${quoted(found)}`;
    case 'invalid_value':
      return `${quoted(found)} is not allowed`;
    case 'too_small':
      return tooSmallOrBig('at least', issue.minimum, found);
    case 'too_big':
      return tooSmallOrBig('at most', issue.maximum, found);
    default:
      return `is not valid: ${quoted(found)}`;
  }
}

/** Whether a value from a command line or a cell has more digits than a JavaScript number holds exactly, and so stayed text. */
function isBeyondNumbers(expected: string, found: unknown): found is string {
  return (expected === 'number' || expected === 'int') && typeof found === 'string' && /^[+-]?\d{16,40}$/.test(found) && !Number.isSafeInteger(Number(found));
}

function tooSmallOrBig(bound: string, limit: number | bigint, found: unknown): string {
  if (typeof found === 'string') return found === '' ? 'is empty' : `must have ${bound} ${limit} characters, it has ${found.length}`;
  if (Array.isArray(found)) return `must have ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}, it has ${found.length}`;
  return `must be ${bound} ${limit}, not ${quoted(found)}`;
}

const NOUNS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function seePage(provider: string): string {
  return `See GET /v1/providers, or: dailies providers ${provider}`;
}
