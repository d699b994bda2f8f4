import { isAllowedAddress, linkWithoutQuery } from '@dailies/queue';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkedUrl, createAssetAgent, type Resolve } from './asset-agent.ts';
import { AssetError } from './asset-error.ts';
import { startAssetHost, type AssetHost } from './testing/asset-host.ts';

let host: AssetHost;
beforeEach(async () => {
  host = await startAssetHost();
  host.answer = (_request, response) => response.end('here');
});
afterEach(() => host.close());

const PUBLIC = ['93.184.216.34', '2606:4700::1111', '::ffff:93.184.216.34', '64:ff9b::5db8:d822'];
const PRIVATE = ['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::a00:1'];
const LINK_LOCAL = ['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'];
const METADATA = ['100.100.100.200', '168.63.129.16', 'fd00:ec2::254'];
const NOWHERE = ['0.0.0.0', '::', '224.0.0.1', '255.255.255.255', '240.0.0.1', 'fec0::1', '2002:7f00:1::', 'not an address', '1'];

it('allows public addresses, private ones on request, and link-local and metadata ones never', () => {
  expect(PUBLIC.filter((address) => !isAllowedAddress(address, false))).toEqual([]);
  expect(PRIVATE.filter((address) => isAllowedAddress(address, false))).toEqual([]);
  expect(PRIVATE.filter((address) => !isAllowedAddress(address, true))).toEqual([]);
  expect([...LINK_LOCAL, ...METADATA, ...NOWHERE].filter((address) => isAllowedAddress(address, true))).toEqual([]);
});

it('sees through every spelling of an address', () => {
  for (const spelling of ['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:7f00:1]', '[::1]', '127.0.0.1.', '0', '①②⑦.0.0.1']) {
    expect(() => checkedUrl(`https://${spelling}/`, false), spelling).toThrow('not a public address');
  }
});

it('opens https links only, unless private addresses are allowed', () => {
  expect(checkedUrl('https://cdn.example.com:8443/a', false).port).toBe('8443');
  expect(() => checkedUrl('http://cdn.example.com/a?token=secret', false)).toThrow(/^http:\/\/cdn\.example\.com\/a is not downloaded: it is plain http/);
  expect(checkedUrl('http://cdn.example.com/a', true).protocol).toBe('http:');
  for (const link of ['ftp://a/b', 'data:video/mp4,x', 'javascript:1', '/relative', '', 'https://name:secret@a/b']) {
    expect(() => checkedUrl(link, true), link).toThrow(AssetError);
  }
});

it('connects to the checked address of a name, and looks it up once', async () => {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, _options, callback) => {
    asked.push(hostname);
    callback(null, [{ address: '169.254.169.254', family: 4 }, { address: '127.0.0.1', family: 4 }]);
  };
  const agent = createAssetAgent({ allowPrivateAddresses: true, stallMs: 5_000 }, resolve);
  const { body } = await agent.request({ origin: host.origin.replace('127.0.0.1', 'asset.test'), path: '/', method: 'GET' });
  expect(await body.text()).toBe('here');
  expect(asked).toEqual(['asset.test']);
  await agent.destroy();
});

it('does not connect to a name that has no allowed address', async () => {
  const resolve: Resolve = (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]);
  const agent = createAssetAgent({ allowPrivateAddresses: false, stallMs: 5_000 }, resolve);
  const refused = agent.request({ origin: host.origin.replace('127.0.0.1', 'asset.test'), path: '/', method: 'GET' });
  await expect(refused).rejects.toMatchObject({ name: 'AssetError', cause: 'refused' });
  expect(host.requests).toHaveLength(0);
  await agent.destroy();
});

it('shows a link without its query, fragment and user', () => {
  expect(linkWithoutQuery('https://u:p@cdn.example.com/a@b/c.mp4?X-Sig=1#f')).toBe('https://cdn.example.com/a@b/c.mp4');
  expect(linkWithoutQuery('not a link?secret')).toBe('not a link');
});
