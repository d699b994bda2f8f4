/** What kinds of values the variables have (variables.ts), each with the words for one that is none. Durations are milliseconds. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { redisUrlFault } from '../redis/redis-address.ts';

/** `tooSmall`: what is said of a smaller one instead of the range. */
export function wholeNumber(least: number, most: number, tooSmall?: string) {
  return z.coerce.number(`must be a whole number from ${least} to ${most}`).int().min(least, tooSmall).max(most);
}

export const text = z.string();
export const secret = z.string();
export const apiKey = z.string().regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks: was it copied whole, and nothing else with it?');
export const host = text.regex(/^[A-Za-z0-9.:_%-]+$/, 'must be the name or the IP address of a host');
export const port = wholeNumber(0, 65_535);
const WEEK_MS = 7 * 24 * 3_600_000;
export const milliseconds = wholeNumber(0, WEEK_MS);
export const lifetime = wholeNumber(1, WEEK_MS, 'must be at least 1: 0 does not mean "never", everything would be overdue at once');
/** At least 400: seconds by mistake (30, 180) would cut off every paid request, or call one absent that is not listed yet, and pay for it again. */
export const patience = wholeNumber(400, WEEK_MS, 'is too short: it is in milliseconds, at least 400');
export const bytes = wholeNumber(0, 2 ** 50);
export const days = wholeNumber(0, 36_500);
export const positive = wholeNumber(1, 100_000);
export const yesOrNo = z
  .enum(['0', '1', 'false', 'true', 'off', 'on', 'no', 'yes'], 'must be on or off')
  .transform((word) => ['1', 'true', 'on', 'yes'].includes(word));
export const redisUrl = z.string().superRefine((url, context) => {
  const message = redisUrlFault(url);
  if (message !== null) context.addIssue({ code: 'custom', message });
});
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
export const plainUrl = httpUrl.refine((url) => !/[?#]|\/\/[^/]*@/.test(url), 'must be without query, fragment and login');
/** As Standard Webhooks writes them. The library takes any length; the scheme asks for 24 to 64 bytes. */
const signingKey = /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
export const signingSecrets = secret.refine(
  (list) => list.split(',').every((one) => signingKey.test(one.trim())),
  'must be whsec_ and 24 to 64 bytes in Base64, or two of them with a comma between: `echo whsec_$(openssl rand -base64 32)` makes one',
);
export const trustProxy = text.refine(isTrustProxy, 'must be off, the number of proxies, or their addresses');

function isTrustProxy(word: string): boolean {
  if (/^(off|\d{1,2})$/i.test(word)) return true;
  return word.split(',').every((part) => isNetwork(part.trim()));
}

function isNetwork(part: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(part)) return true;
  return /^[0-9a-f.:]+(\/\d{1,3})?$/i.test(part) && isIP(part.replace(/\/\d+$/, '')) !== 0;
}
