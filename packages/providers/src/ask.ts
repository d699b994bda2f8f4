/**
 * The strict outside of every request: prompt, model, image and params, with unknown names refused and the nearest right one named.
 *
 * Strict, because upstreams are not: Kling ignores a field it does not know, and bills for the wrong model.
 */
import { z } from 'zod';
import type { Ask } from './provider.ts';
import { nearest } from './nearest.ts';

/** A schema of `params`. `elsewhere` says of a vendor's own field how it is asked for here. */
export function paramsSchema<Shape extends z.core.$ZodLooseShape>(shape: Shape, elsewhere: Record<string, string> = {}) {
  return z.strictObject(shape, { error: refuseUnknown('parameter', Object.keys(shape), { ...NOT_A_PARAMETER, ...elsewhere }) });
}

/** The whole ask, to be followed by the provider's own `transform`. */
export function askSchema<Params extends z.ZodObject>(params: Params) {
  const shape = {
    prompt: z
      .string()
      .max(LONGEST_PROMPT)
      .refine((text) => VISIBLE.test(text), { error: 'the prompt is empty: write one, or leave it out' })
      .optional(),
    model: z.string().optional(),
    image: imageReference.optional(),
    params: params.optional(),
  } satisfies Record<keyof Ask, z.ZodType>;
  return z.strictObject(shape, { error: refuseUnknown('field', Object.keys(shape), {}) });
}

/** In characters. A provider that takes less says so itself. */
const LONGEST_PROMPT = 32_000;

/** A blank line from a word processor often holds a zero-width space, so it looks empty and counts as empty. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}]/u;

export const link = z.string().refine(isLink, { error: ({ input }) => blankInLink(input) ?? 'must be an http(s) URL' });

/** An image as `image` and image parameters take it. */
export const imageReference = z
  .string()
  .refine((text) => isStoredImage(text) || isLink(text), {
    error: ({ input }) => blankInLink(input) ?? 'must be an http(s) URL, or an image stored as sha256:<64 hex digits>',
  });

export function isStoredImage(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Says what is wrong with one field of an ask. */
export function fault(context: z.RefinementCtx, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** The model asked for, or the default. Undefined (and a fault) when there is no such model. */
export function modelOf(context: z.RefinementCtx, asked: string | undefined, models: readonly string[], standard: string): string | undefined {
  const model = asked ?? standard;
  if (models.includes(model)) return model;
  const near = nearest(model, models);
  fault(context, ['model'], `unknown model "${model}"${near ? `: did you mean "${near}"?` : `. Known: ${models.join(', ')}`}`);
  return undefined;
}

/** At most so many unknown names are reported. A body of megabytes may hold hundreds of thousands, and finding the nearest name of each takes minutes. */
export const MOST_NAMED = 20;

export function refuseUnknown(noun: string, known: readonly string[], elsewhere: Record<string, string>) {
  return (issue: { code?: string | undefined; keys?: unknown }): string | undefined => {
    if (issue.code !== 'unrecognized_keys' || !Array.isArray(issue.keys)) return undefined;
    return issue.keys.slice(0, MOST_NAMED).map((key) => unknownName(noun, String(key), known, elsewhere)).join('; ');
  };
}

const NOT_A_PARAMETER = {
  prompt: 'belongs beside "params", not inside',
  model: 'belongs beside "params", not inside',
  image: 'belongs beside "params", not inside',
  callback_url: 'is set by Dailies: PUBLIC_URL turns callbacks on',
};

function unknownName(noun: string, name: string, known: readonly string[], elsewhere: Record<string, string>): string {
  const where = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
  if (where) return `"${name}" ${where}`;
  const near = nearest(name, known);
  return `unknown ${noun} "${name}"${near ? `: did you mean "${near}"?` : `. Known: ${known.join(', ') || 'none'}`}`;
}

function blankInLink(input: unknown): string | undefined {
  const isOne = typeof input === 'string' && /^https?:\/\/.*\s/is.test(input);
  return isOne ? 'is a link with a blank: leave the blank out, or write %20 if it belongs to the address' : undefined;
}

function isLink(text: string): boolean {
  return !/\s/.test(text) && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
