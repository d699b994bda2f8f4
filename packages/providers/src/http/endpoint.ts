/**
 * The address of a request: always inside the configured base URL, so that a key can go nowhere else.
 */
import type { AccountAccess } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';

/** Every segment is escaped: a task id with a slash in it stays one segment. */
export function endpoint(access: AccountAccess, segments: readonly string[], query: Record<string, string> = {}): string {
  const { origin, path } = baseOf(access);
  const url = new URL(origin + [path, ...segments.map(encodeURIComponent)].join('/'));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

export function originOf(access: AccountAccess): string {
  return baseOf(access).origin;
}

export function headersOf(access: AccountAccess): Record<string, string> {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    authorization: `Bearer ${access.apiKey}`,
    'content-type': 'application/json',
  };
}

interface Base {
  origin: string;
  path: string;
}

/** Parsed base URLs by their configured text. There are only a few, and every request asks for one. */
const bases = new Map<string, Base>();

function baseOf({ baseUrl }: AccountAccess): Base {
  const known = bases.get(baseUrl);
  if (known !== undefined) return known;
  if (!URL.canParse(baseUrl)) throw new ProviderError('configuration', 'The base URL of this account is not a URL. Correct it in the environment.');
  const { origin, pathname } = new URL(baseUrl);
  const base = { origin, path: pathname.replace(/\/+$/, '') };
  bases.set(baseUrl, base);
  return base;
}
