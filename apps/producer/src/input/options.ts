/**
 * Applies the options for all lines, `--provider`, `--model` and `--param`, to each line. What a line says itself wins over an option.
 *
 * `--param` and CSV cells are text; the parameter's schema decides what they become.
 */
import { PROVIDERS } from '@dailies/providers';
import { type FieldFault, isObject, type JsonSchema, type ParametersOf } from '@dailies/queue';
import { coerce } from './coerce.ts';
import type { Fault } from './fault.ts';
import type { RawLine } from './raw-line.ts';
import { repeatedFaults } from './repeated-key.ts';

export interface LineOptions {
  provider?: string | undefined;
  model?: string | undefined;
  /** Raw `name=value`. */
  params?: readonly string[] | undefined;
}

export interface Merged {
  fields: Record<string, unknown>;
  /** Of the parameters that were text. The others are checked with the line. */
  faults: FieldFault[];
  /** The option that a field comes from, by the field's name. */
  optionOf: (field: string | null) => string | null;
}

/** `faults` are faults of the options themselves. If there are any, no line can be used. */
export function readOptions(options: LineOptions, parameters: ParametersOf): { merge: (raw: RawLine) => Merged; faults: Fault[] } {
  const { params, faults } = splitParams(options.params ?? []);

  function schemaOf(provider: unknown, name: string): JsonSchema | undefined {
    const found = Object.values(PROVIDERS).find((one) => one.name === provider);
    return found && parameters(found).find((parameter) => parameter.name === name)?.schema;
  }

  function merge({ fields, cells }: RawLine): Merged {
    const has = (name: string) => Object.hasOwn(fields, name);
    const provider = has('provider') ? fields['provider'] : options.provider;
    const model = has('model') ? fields['model'] : options.model;
    const typed = (texts: Iterable<[string, string]>): Typed[] =>
      [...texts].map(([name, text]) => ({ name, text, value: coerce(text, schemaOf(provider, name)) }));
    const [ofCells, ofOptions] = [typed(Object.entries(cells)), typed(params)];
    const own = has('params') ? fields['params'] : {};
    const lineParams = isObject(own) ? { ...own, ...valuesOf(ofCells) } : undefined;
    const merged = lineParams ? { ...valuesOf(ofOptions), ...lineParams } : own;
    const faults = [...ofCells, ...ofOptions.filter(({ name }) => lineParams && !Object.hasOwn(lineParams, name))].flatMap(repeatedIn);
    const optionOf = (field: string | null) => {
      if (field === 'provider' || field === 'model') return !has(field) && options[field] !== undefined ? `--${field}` : null;
      const name = field?.startsWith('params.') ? (field.split('.')[1] ?? '') : '';
      return params.has(name) && lineParams && !Object.hasOwn(lineParams, name) ? `--param ${name}` : null;
    };
    const isEmpty = isObject(merged) && Object.keys(merged).length === 0;
    return { fields: { ...fields, provider, model, params: isEmpty ? undefined : merged }, faults, optionOf };
  }

  return { merge, faults };
}

/** A parameter that was text, and what it became. */
interface Typed {
  name: string;
  text: string;
  value: unknown;
}

function valuesOf(typed: readonly Typed[]): Record<string, unknown> {
  return Object.fromEntries(typed.map(({ name, value }) => [name, value]));
}

/** Where JSON became an object or a list. A list of one may be of a text that is no JSON. */
function repeatedIn({ name, text, value }: Typed): FieldFault[] {
  return typeof value === 'object' && isJson(text) ? repeatedFaults(text, `params.${name}`) : [];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function splitParams(raw: readonly string[]): { params: Map<string, string>; faults: Fault[] } {
  const params = new Map<string, string>();
  const faults: Fault[] = [];
  for (const text of raw) {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(at, 0)).trim();
    const value = text.slice(at + 1);
    const fault = (message: string, remedy: string) => faults.push({ line: null, field: `--param ${name || text}`, message, remedy });
    if (name === '') fault('is not NAME=VALUE', 'Write --param NAME=VALUE');
    else if (value.trim() === '') fault('has no value', 'Give one, or leave it out');
    else if (params.has(name)) fault('is given twice', 'Leave one out; a list is written as JSON: NAME=["a","b"]');
    else params.set(name, value);
  }
  return { params, faults };
}
