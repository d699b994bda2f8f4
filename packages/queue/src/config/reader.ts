/**
 * The environment as the table of variables types it. Faults are collected, not thrown, so that all of them are reported at once, each by its
 * variable; the value of a secret is in none of them.
 */
import type { ApiKey } from './api-keys.ts';
import { Secret } from './secret.ts';
import { VARIABLES } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Each answers undefined, null or 0 where the variable is not set and has no default, or where it is faulty: then `faults` says so. */
export interface Reader {
  word: (name: string) => string | undefined;
  amount: (name: string) => number | undefined;
  number: (name: string) => number;
  yes: (name: string) => boolean | undefined;
  secretOf: (name: string) => Secret | null;
  keysOf: (name: string) => readonly ApiKey[];
  /** Whether it was given at all, also by a value that is faulty. */
  isSet: (name: string) => boolean;
  fault: (text: string) => void;
  readonly faults: readonly string[];
}

export function readerOf(environment: Environment): Reader {
  const faults: string[] = [];
  const textOf = (name: string): string => environment[name]?.trim() ?? '';
  const read = (name: string): unknown => {
    const variable = VARIABLES[name];
    if (variable === undefined) throw new Error(`${name} is not in the table of variables`);
    const text = textOf(name) || variable.fallback;
    if (text === '') return undefined;
    const result = variable.schema.safeParse(text);
    if (result.success) return result.data;
    const shown = MAY_BE_SECRET.test(name) ? '' : ` (found ${JSON.stringify(text)})`;
    faults.push(`${name}: ${result.error.issues[0]?.message ?? 'is not valid'}${shown}. It is ${variable.about}.`);
    return undefined;
  };
  const word = (name: string): string | undefined => read(name) as string | undefined;
  const amount = (name: string): number | undefined => read(name) as number | undefined;
  return {
    faults,
    word,
    amount,
    number: (name) => amount(name) ?? 0,
    yes: (name) => read(name) as boolean | undefined,
    secretOf(name) {
      const value = word(name);
      return value === undefined ? null : new Secret(value);
    },
    keysOf: (name) => (read(name) as ApiKey[] | undefined) ?? [],
    isSet: (name) => textOf(name) !== '',
    fault: (text) => void faults.push(text),
  };
}

/** A URL may carry a login or a key. */
const MAY_BE_SECRET = /KEY|PASSWORD|SECRET|URL|ENDPOINT|TOKEN/;
