/**
 * What can be asked of a provider, read out of the very schema that checks it: a page made from anything else would be wrong one day.
 */
import type { Provider } from '@dailies/providers';
import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

export interface Parameter {
  name: string;
  /** For people: `one of "5", "10"`, `a whole number from 1`. */
  allowed: string;
  /** What it does, and its default. */
  about: string;
  schema: JsonSchema;
}

export type ParametersOf = (provider: Provider) => readonly Parameter[];

/** `parametersOf`, each provider worked out once: for files of many lines. */
export function rememberParameters(): ParametersOf {
  const known = new Map<Provider, Parameter[]>();
  return (provider) => {
    const parameters = known.get(provider) ?? parametersOf(provider);
    known.set(provider, parameters);
    return parameters;
  };
}

export function parametersOf(provider: Provider): Parameter[] {
  const { properties = {} } = z.toJSONSchema(provider.params, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, property]) => {
    const schema = typeof property === 'object' ? withoutSafeBounds(property) : {};
    const image = provider.imageParams?.includes(name) ?? false;
    return { name, allowed: image ? imageOf(schema) : allowedBy(schema), about: schema.description ?? '', schema };
  });
}

function allowedBy(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.map((choice) => JSON.stringify(choice)).join(', ')}`;
  if (schema.anyOf) return schema.anyOf.map((part) => (typeof part === 'object' ? allowedBy(part) : 'anything')).join(', or ');
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'string':
      return schema.maxLength === undefined ? 'text' : `text of at most ${schema.maxLength} characters`;
    case 'array':
      return `a list${count(schema)} of: ${typeof schema.items === 'object' && !Array.isArray(schema.items) ? allowedBy(schema.items) : 'anything'}`;
    case 'object':
      return `an object {${parts(schema)}}`;
    default:
      return 'anything';
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    exclusiveMaximum === undefined ? '' : `less than ${exclusiveMaximum}`,
  ].filter((bound) => bound !== '');
  return bounds.length === 0 ? '' : `, ${bounds.join(', ')}`;
}

function count({ minItems, maxItems }: JsonSchema): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems}`;
  return maxItems === undefined ? '' : ` of at most ${maxItems}`;
}

function parts({ properties = {}, required = [] }: JsonSchema): string {
  return Object.entries(properties)
    .map(([name, part]) => `${name}${required.includes(name) ? '' : '?'}: ${typeof part === 'object' ? allowedBy(part) : 'anything'}`)
    .join('; ');
}

function imageOf(schema: JsonSchema): string {
  return schema.type === 'array' ? 'images, as a list: files, links or data: URIs' : 'an image: a file, a link or a data: URI';
}

/** Zod bounds every integer by what a JavaScript number can hold, which says nothing to a person. */
function withoutSafeBounds(schema: JsonSchema): JsonSchema {
  const { minimum, maximum, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, deeper(part)])) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: deeper(items) }),
  };
}

function deeper(part: JsonSchema | boolean): JsonSchema | boolean {
  return typeof part === 'object' ? withoutSafeBounds(part) : part;
}
