import os from 'node:os';
import { endpointId, noteFailure } from '@dailies/queue';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { openTestLedger } from '../../../../test/support/ledger.ts';

test('a disabled endpoint that is gone for good is forgotten by its id or address; one that is still tried is not', async () => {
  const { store, redisUrl, tag } = openTestLedger();
  const ask = (...words: string[]) => dailies(environmentOf({ redisUrl, tag }), os.tmpdir(), ['webhooks', ...words]);
  const [gone, failing] = ['https://gone.example/hooks', 'https://failing.example/hooks'];
  await noteFailure(store, failing, { why: 'HTTP 500', by: 'a' }, { afterMs: 0, afterFailures: 10 });
  expect((await ask()).stdout).toMatch(/\nWhat a failing one misses is tried again by itself, for 24 hours\.\nEnable one, and send what it has missed at once: dailies webhooks --enable ID\n$/);
  await noteFailure(store, gone, { why: 'HTTP 404', by: 'b' }, { afterMs: 0, afterFailures: 1 });
  expect((await ask()).stdout).toContain('Forget a disabled one that is gone for good: dailies webhooks --forget ID\n');

  expect(await ask('--forget', endpointId(failing))).toMatchObject({ code: 2, stderr: expect.stringContaining(`${failing} is not disabled: it is tried again`) as unknown });
  expect(await ask('--forget', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('No endpoint that fails is named so') as unknown });
  expect(await ask('--forget', gone, '--enable', gone)).toMatchObject({ code: 2, stderr: expect.stringContaining('Give either') as unknown });
  expect((await ask('--forget', gone)).stdout).toBe(`${gone} is forgotten. A new event for it is tried there again.\n`);
  const left = (await ask()).stdout;
  expect([left.includes(gone), left.includes(failing)]).toEqual([false, true]);
});
