import { loadConfig } from '@dailies/queue';
import { expect, test } from 'vitest';
import { providerAccounts } from './provider-accounts.ts';

const config = loadConfig({ ACEDATA_API_KEY: 'k' }, { root: '/', cwd: '/' });
const held = [{ scope: 'account:acedata@http://other' }, { scope: 'account:kling@http://x' }, { scope: 'operator:pika' }];

test('resume concerns the configured account and every paused one of the provider', () => {
  expect(providerAccounts('pika', config, held)).toEqual(['acedata@https://api.acedata.cloud', 'acedata@http://other']);
});

test('resume works on a machine without the key, and touches no other provider', () => {
  expect(providerAccounts('kling', config, held)).toEqual(['kling@http://x']);
  expect(providerAccounts('allegro', config, held)).toEqual([]);
});
