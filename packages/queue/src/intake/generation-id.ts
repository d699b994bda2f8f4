/**
 * Ids of generations: the same line of the same batch is the same work, today and after every upgrade, so nothing here may ever change.
 *
 * Not in it: defaults (a new default must not pay twice), metadata, priority. In it: provider, prompt, model, image (by content), params.
 */
import { createHash } from 'node:crypto';
import type { Ask, ProviderName } from '@dailies/providers';

/** The form of ids, of ours and of those that a person gives (which must not be all digits). They are part of addresses, keys and names of files. */
export const GENERATION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `repetition` tells apart lines that are equal: 0, 1, 2… within a batch. */
export function generationId(batch: string | null, canonicalLine: string, repetition: number | string): string {
  return `g${base32Hash(JSON.stringify([batch, canonicalLine, repetition]), 20)}`;
}

/** The line as one text, whatever the order of its keys. Options are merged in, local images are `sha256:…` already. */
export function canonicalAsk(provider: ProviderName, ask: Ask): string {
  const { prompt, model, image, params = {} } = ask;
  return canonicalJson({ provider, prompt, model, image, params: Object.keys(params).length === 0 ? undefined : params });
}

/** Equal fingerprints are the same request in the same batch: a generation belongs to one batch. */
export function fingerprint(batch: string | null, canonicalLine: string): string {
  return createHash('sha256').update(JSON.stringify([batch, canonicalLine])).digest('hex');
}

/** The first characters of SHA-256, five bits each. */
export function base32Hash(text: string, length: number): string {
  const bits = [...createHash('sha256').update(text).digest()].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length }, (_, index) => ALPHABET[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)]).join('');
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** JSON with its keys in order, so that two values that say the same are the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`)
    .join(',')}}`;
}
