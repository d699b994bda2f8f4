import { expect, test } from 'vitest';
import { linkWithoutQuery } from '../link-without-query.ts';
import { endpointId, webhookFault } from './webhook-url.ts';

const STRICT = { allowPrivateAddresses: false, signed: true };

test('a webhook is an https address without a login and a fragment', () => {
  expect(webhookFault('https://hooks.example:8443/a/b?token=x', STRICT)).toBeNull();
  const refused: [unknown, string][] = [
    [7, 'must be text'],
    ['', 'is not an address'],
    ['hooks.example/x', 'is not an address'],
    ['https://hooks.example/a b', 'is not an address'],
    ['http://hooks.example/', 'is not https'],
    ['ftp://hooks.example/', 'is not https'],
    ['javascript:alert(1)', 'is not https'],
    ['https://name:MARKED@hooks.example/', 'carries a user name or password'],
    ...['169.254.169.254', '0.0.0.0', '127.0.0.1', '10.0.0.1', '2130706433', '[fe80::1]', '[::1]', '[::ffff:10.0.0.1]'].map((host): [string, string] => [`https://${host}/x`, 'is not a public address']),
    ['https://hooks.example/#a', 'carries a fragment'],
    [`https://hooks.example/${'x'.repeat(2_100)}`, 'is longer than 2048 characters'],
  ];
  for (const [url, message] of refused) expect(webhookFault(url, STRICT)?.message, String(url)).toContain(message);
  expect(JSON.stringify(refused.map(([url]) => webhookFault(url, STRICT)))).not.toContain('MARKED');
});

test('plain http needs the operator\'s word, and every webhook a secret to sign it with', () => {
  expect(webhookFault('http://10.0.0.1/x', { allowPrivateAddresses: true, signed: true })).toBeNull();
  expect(webhookFault('https://10.0.0.1/x', STRICT)?.remedy).toContain('ALLOW_PRIVATE_ADDRESSES=on');
  for (const host of ['169.254.169.254', '[fe80::1]', '0.0.0.0']) {
    expect(webhookFault(`https://${host}/x`, { allowPrivateAddresses: true, signed: true })?.remedy, host).toContain('never called');
  }
  // What a name leads to is seen when it is called.
  for (const host of ['localhost', 'metadata.internal', '1.1.1.1']) expect(webhookFault(`https://${host}/`, STRICT), host).toBeNull();
  expect(webhookFault('https://hooks.example/', { allowPrivateAddresses: false, signed: false })).toMatchObject({ message: expect.stringContaining('WEBHOOK_SECRET'), remedy: expect.stringContaining('openssl') });
});

test('an endpoint is named by its whole address and shown without its query', () => {
  expect(linkWithoutQuery('https://hooks.example/x?token=1')).toBe('https://hooks.example/x');
  expect(endpointId('https://hooks.example/x?token=1')).not.toBe(endpointId('https://hooks.example/x?token=2'));
});
