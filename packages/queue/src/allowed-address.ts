/**
 * Which addresses a download or a webhook may connect to: public ones, and private ones only where the operator allows them.
 * Link-local addresses and the metadata services of clouds are never allowed, because they hand out credentials to whoever asks.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export function isAllowedAddress(address: string, allowPrivateAddresses: boolean): boolean {
  if (isIP(address) === 0) return false;
  const plain = unwrapped(ipaddr.parse(address));
  if (METADATA.has(plain.toNormalizedString())) return false;
  const range = plain.range();
  return range === 'unicast' || (allowPrivateAddresses && PRIVATE.has(range));
}

/** The host of a URL, if it is an address written as a number: such a one is never looked up. Null for names. */
export function literalAddress({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? null : host;
}

/** The IPv4 address that an IPv6 one stands for (mapped, or through NAT64): that is where the bytes go. */
function unwrapped(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.range() === 'rfc6052' ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

const PRIVATE: ReadonlySet<string> = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal']);

/** Metadata services outside the link-local range: Alibaba, Azure, Oracle, and the IPv6 ones of AWS and Google. */
const METADATA: ReadonlySet<string> = new Set(
  ['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'].map((address) => ipaddr.parse(address).toNormalizedString()),
);
