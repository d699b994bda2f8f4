/** A JSON Schema in words, as HTML: what a field takes, with links to shapes that have a name. */
import { z } from 'zod';

const partSchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
});

const MOST_CHOICES = 12;
/** Zod bounds every integer by what a JavaScript number can hold, which says nothing to a person. */
const isBound = (bound: number | undefined): bound is number => bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;

export function schemaText(schema: unknown): string {
  const parsed = partSchema.safeParse(schema);
  if (!parsed.success) return '';
  const { properties, required = [], description } = parsed.data;
  if (properties === undefined) return `${short(schema)}${description === undefined ? '' : `<p>${text(description)}</p>`}`;
  const rows = Object.entries(properties).map(([name, part]) => {
    const about = partSchema.safeParse(part).data?.description ?? '';
    return `<tr><td><code>${text(name)}</code>${required.includes(name) ? '' : '?'}</td><td>${short(part)}</td><td>${text(about)}</td></tr>`;
  });
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

export function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function short(schema: unknown): string {
  const parsed = partSchema.safeParse(schema);
  if (!parsed.success) return 'anything';
  const { $ref, const: only, enum: choices, anyOf, oneOf, type, items, properties, minimum, maximum, maxLength } = parsed.data;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#shape-${text(name)}">${text(name)}</a>`;
  }
  if (only !== undefined) return `<code>${text(JSON.stringify(only))}</code>`;
  if (choices !== undefined) {
    const shown = choices.slice(0, MOST_CHOICES).map((choice) => `<code>${text(JSON.stringify(choice))}</code>`);
    return [...shown, ...(choices.length > MOST_CHOICES ? ['…'] : [])].join(' ');
  }
  const parts = anyOf ?? oneOf;
  if (parts !== undefined) return parts.map(short).join(' or ');
  if (type === 'array') return `list of ${short(items)}`;
  if (type === 'object' && properties !== undefined) {
    const fields = Object.entries(properties).map(([name, part]) => `${text(name)}: ${short(part)}`);
    return `{ ${fields.join(', ')} }`;
  }
  const bounds = [
    ...(isBound(minimum) ? [`from ${minimum}`] : []),
    ...(isBound(maximum) ? [`to ${maximum}`] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
  ];
  const word = Array.isArray(type) ? type.join(' or ') : (type ?? 'anything');
  return text([word, ...bounds].join(' '));
}
