/**
 * The HTTP client of one download, and of webhooks. Names are resolved here, once for each connection, and only checked addresses are connected to,
 * so a name that answers differently the second time (DNS rebinding) gains nothing.
 * It must never connect to anything that `isAllowedAddress` has not seen, and it never sends credentials.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import { isAllowedAddress, linkWithoutQuery, literalAddress } from '@dailies/queue';
import { AssetError } from './asset-error.ts';

export interface AgentRules {
  allowPrivateAddresses: boolean;
  /** Milliseconds without a byte (or a connection, or an answer) after which an exchange counts as cut. */
  stallMs: number;
}

export function createAssetAgent(rules: AgentRules, resolve: Resolve = systemLookup): Agent {
  return new Agent({
    headersTimeout: rules.stallMs,
    bodyTimeout: rules.stallMs,
    connect: { timeout: rules.stallMs, lookup: checkingLookup(rules.allowPrivateAddresses, resolve) },
  });
}

/** The link as a URL that may be opened, or a refusal. An address written as a number is checked here, since it is never looked up. */
export function checkedUrl(link: string, allowPrivateAddresses: boolean, base?: URL, what: 'downloaded' | 'called' = 'downloaded'): URL {
  if (!URL.canParse(link, base?.href)) throw new AssetError('refused', `What is to be ${what} is not a URL.`);
  const url = new URL(link, base);
  const shown = linkWithoutQuery(url.href);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new AssetError('refused', `${shown} is not ${what}: only https links are.`);
  }
  if (url.protocol === 'http:' && !allowPrivateAddresses) {
    throw new AssetError('refused', `${shown} is not ${what}: it is plain http. Set ALLOW_PRIVATE_ADDRESSES=on to allow it on an internal network.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AssetError('refused', `${shown} is not ${what}: the link carries a user name or password.`);
  }
  const literal = literalAddress(url);
  if (literal !== null && !isAllowedAddress(literal, allowPrivateAddresses)) throw refusedAddress(literal);
  return url;
}

export type Resolve = (
  hostname: string,
  options: { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

function checkingLookup(allowPrivateAddresses: boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = addresses.filter(({ address }) => isAllowedAddress(address, allowPrivateAddresses));
      const first = allowed[0];
      if (first === undefined) return callback(refusedAddress(hostname), '');
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(host: string): AssetError {
  return new AssetError(
    'refused',
    `${host} is not connected to: it is not a public address. ALLOW_PRIVATE_ADDRESSES=on allows private ones; link-local ones are never allowed.`,
  );
}
