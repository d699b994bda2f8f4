/**
 * Values made of a JSON Schema by chance: such as fit it, and such as break it in one place. The chance is a seed, so that what was found
 * once is found again.
 */
import { z } from 'zod';

export interface Chance {
  /** 0 up to, and without, `below`. */
  below(below: number): number;
  one<T>(from: readonly T[]): T;
}

/** mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    one(from) {
      const found = from[below(from.length)];
      if (found === undefined) throw new Error('nothing to choose from');
      return found;
    },
  };
}

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  items: z.unknown().optional(),
  minItems: z.number().default(0),
  maxItems: z.number().default(3),
  minimum: z.number().default(0),
  maximum: z.number().default(1000),
  maxLength: z.number().default(40),
  pattern: z.string().optional(),
  format: z.string().optional(),
});

const WORDS = ['a boat', 'ein Fuchs im Schnee', '水墨畫', 'x', 'b-1', '\u0000', '\u{1F99C} \u202e', '"<script>', '../..', '${7*7}', '%00', ' '];
const ODD: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1e308,
  0.5,
  true,
  [],
  {},
  [[]],
  'x'.repeat(5000),
  '\ud800',
  { __proto__: null, constructor: 1 },
  'null',
  Number.MAX_SAFE_INTEGER + 2,
];

/** `lookUp`: the schema that a `$ref` means. */
export function valueOf(schema: unknown, chance: Chance, lookUp: (ref: string) => unknown): unknown {
  const {
    $ref, type, const: only, enum: choices, anyOf, oneOf, properties, required, items, minItems, maxItems, minimum, maximum, maxLength, pattern,
    format,
  } = schemaShape.parse(schema);
  if ($ref !== undefined) return valueOf(lookUp($ref), chance, lookUp);
  if (only !== undefined) return only;
  if (choices !== undefined) return chance.one(choices);
  const parts = anyOf ?? oneOf;
  if (parts !== undefined) return valueOf(chance.one(parts), chance, lookUp);
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(properties ?? {})
          .filter(([name]) => required.includes(name) || chance.below(3) === 0)
          .map(([name, part]) => [name, valueOf(part, chance, lookUp)]),
      );
    case 'array':
      return Array.from({ length: minItems + chance.below(Math.min(maxItems, 4) - minItems + 1) }, () => valueOf(items, chance, lookUp));
    case 'integer':
      return Math.max(minimum, -1000) + chance.below(Math.min(maximum, 1000) - Math.max(minimum, -1000) + 1);
    case 'number':
      return minimum + (chance.below(1001) / 1000) * (maximum - minimum);
    case 'boolean':
      return chance.below(2) === 0;
    default:
      if (format === 'uri') return `https://example.com/${chance.below(100)}`;
      if (pattern !== undefined) return `f${chance.below(40)}`;
      return chance.one(WORDS).slice(0, maxLength);
  }
}

/** The same with something odd in one place of it, however deep. */
export function broken(value: unknown, chance: Chance): unknown {
  if (typeof value !== 'object' || value === null || chance.below(4) === 0) return chance.one(ODD);
  if (Array.isArray(value)) {
    return value.length === 0 ? [chance.one(ODD)] : value.with(chance.below(value.length), broken(value[chance.below(value.length)], chance));
  }
  const names = Object.keys(value);
  if (names.length === 0 || chance.below(4) === 0) return { ...value, [chance.one(['prmpt', 'x', '', '__proto__', 'params'])]: chance.one(ODD) };
  const name = chance.one(names);
  return { ...value, [name]: broken(Reflect.get(value, name), chance) };
}
