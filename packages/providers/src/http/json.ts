/**
 * Reads JSON that a stranger wrote: lenient about shape, exact about long integers.
 *
 * Kling's task ids are integers beyond 2^53. When a gateway sends one without quotes, `JSON.parse` alone would
 * quietly change it into the id of nobody's video, so such integers are read as strings.
 */
import type { Json } from '../provider.ts';

export type JsonObject = { [key: string]: Json };

/** The value, or `undefined` when the text is not JSON (HTML, a cut body, nothing at all). */
export function parseJson(text: string): Json | undefined {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    const value = JSON.parse(json) as Json;
    // Only valid JSON is scanned, so each string in it is certain to end.
    return LONG_INTEGER.test(json) ? (JSON.parse(quoteLongIntegers(json)) as Json) : value;
  } catch {
    return undefined;
  }
}

export function parseObject(text: string): JsonObject | undefined {
  return objectOf(parseJson(text));
}

export function objectOf(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** A string that says something, or a number as text; anything else is `undefined`. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A finite number, also when it was sent as text ("5.1"). */
export function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The text when the whole of it is an absolute http(s) URL. */
export function linkOf(value: Json | undefined): string | undefined {
  const text = textOf(value);
  if (text === undefined || /\s/.test(text) || !URL.canParse(text)) return undefined;
  const { protocol } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? text : undefined;
}

const LONG_INTEGER = /\d{16}/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function quoteLongIntegers(json: string): string {
  let out = '';
  let copied = 0;
  for (let at = 0; at < json.length; at += 1) {
    if (json.charCodeAt(at) === QUOTE) {
      at = endOfString(json, at);
    } else if (NUMBER_START.test(json.charAt(at))) {
      const token = numberAt(json, at);
      if (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) {
        out += `${json.slice(copied, at)}"${token}"`;
        copied = at + token.length;
      }
      at += token.length - 1;
    }
  }
  return out + json.slice(copied);
}

const NUMBER_START = /[-\d]/;

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function numberAt(json: string, start: number): string {
  let end = start + 1;
  while (end < json.length && /[-+.\deE]/.test(json.charAt(end))) end += 1;
  return json.slice(start, end);
}
