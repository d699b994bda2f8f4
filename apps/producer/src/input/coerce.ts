/**
 * Text of `--param` and of CSV cells → the type that the parameter has. What cannot be read stays text, and the schema refuses it.
 *
 * A single value for a list is a list of one; several are written as JSON, since any separator may be part of a link or a file name.
 */
import type { JsonSchema } from '@dailies/queue';

export function coerce(text: string, schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return text;
  const word = text.trim();
  const choices = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (choices) return choices.find((choice) => String(choice) === word) ?? text;
  if (schema.anyOf) return schema.anyOf.map((part) => coerce(text, asSchema(part))).find((value) => typeof value !== 'string') ?? text;
  switch (schema.type) {
    case 'boolean':
      return TRUE.test(word) ? true : FALSE.test(word) ? false : text;
    case 'integer':
      // A number too long for JavaScript would be reported as another number than was written.
      return NUMBER.test(word) && (Number.isSafeInteger(Number(word)) || !DIGITS.test(word)) ? Number(word) : text;
    case 'number':
      return NUMBER.test(word) ? Number(word) : text;
    case 'array':
      return word.startsWith('[') ? parsed(word) : [coerce(text, asSchema(Array.isArray(schema.items) ? schema.items[0] : schema.items))];
    case 'object':
      return parsed(word);
    default:
      return text;
  }
}

const TRUE = /^(true|1|yes)$/i;
const FALSE = /^(false|0|no)$/i;
const DIGITS = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asSchema(part: JsonSchema | boolean | undefined): JsonSchema | undefined {
  return typeof part === 'object' ? part : undefined;
}
