/**
 * Which address may be given as a webhook. It is shown without its query (`linkWithoutQuery`), which may be a secret of the receiver. Where its host name
 * leads is checked when it is called, not here: the name may resolve to another address by then. An address written as a number leads where it says.
 */
import { createHash } from 'node:crypto';
import { isAllowedAddress, literalAddress } from '../allowed-address.ts';
import type { Config } from '../config/config.ts';

export interface WebhookRules {
  /** Plain http is allowed with it, as private addresses are. */
  allowPrivateAddresses: boolean;
  /** Whether there is a WEBHOOK_SECRET. Unsigned webhooks are not sent: their receiver could believe anybody. */
  signed: boolean;
}

export interface WebhookFault {
  message: string;
  remedy: string;
}

const LONGEST_URL = 2_048;

/** Null when the address may be a webhook. Neither text holds the query, which may be secret. */
export function webhookFault(url: unknown, { allowPrivateAddresses, signed }: WebhookRules): WebhookFault | null {
  const example = 'Give a whole address, like https://example.com/hooks/dailies';
  if (typeof url !== 'string') return { message: 'must be text', remedy: example };
  if (url.length > LONGEST_URL) return { message: `is longer than ${LONGEST_URL} characters`, remedy: 'Give a shorter address' };
  if (!URL.canParse(url) || /\s/.test(url)) return { message: 'is not an address', remedy: example };
  const target = new URL(url);
  const { protocol, username, password, hash } = target;
  if (protocol !== 'https:' && !(protocol === 'http:' && allowPrivateAddresses)) {
    const remedy = protocol === 'http:' ? 'Give an https address; ALLOW_PRIVATE_ADDRESSES=on allows plain http on an internal network' : example;
    return { message: 'is not https', remedy };
  }
  if (username !== '' || password !== '') {
    return { message: 'carries a user name or password', remedy: 'Leave them out: every webhook is signed with WEBHOOK_SECRET' };
  }
  if (hash !== '') return { message: 'carries a fragment (#…)', remedy: 'Leave it out: it is never sent' };
  const literal = literalAddress(target);
  if (literal !== null && !isAllowedAddress(literal, allowPrivateAddresses)) {
    const others = isAllowedAddress(literal, true) ? 'ALLOW_PRIVATE_ADDRESSES=on allows private ones' : 'This one is never called';
    return { message: 'is not a public address', remedy: `Give one that is, or a host name. ${others}` };
  }
  if (!signed) {
    const remedy = 'Set it (`echo whsec_$(openssl rand -base64 32)` makes one), and give it to the receiver';
    return { message: 'cannot be used: WEBHOOK_SECRET is not set', remedy };
  }
  return null;
}

export function webhookRules({ allowPrivateAddresses, webhooks }: Pick<Config, 'allowPrivateAddresses' | 'webhooks'>): WebhookRules {
  return { allowPrivateAddresses, signed: webhooks.secret !== null };
}

/** The name of an endpoint in keys, lists and commands. */
export function endpointId(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 12);
}
