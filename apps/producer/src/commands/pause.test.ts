import os from 'node:os';
import { pause } from '@dailies/queue';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { openTestLedger } from '../../../../test/support/ledger.ts';

const ACCOUNT = 'acedata@http://x';

function open() {
  const { store, redisUrl, tag } = openTestLedger();
  const environment = environmentOf({ redisUrl, tag });
  return { store, ask: (...words: string[]) => dailies(environment, os.tmpdir(), words) };
}

test('holding polls as well without a reason keeps the reason that was given', async () => {
  const { ask } = open();
  await ask('pause', 'kling', '--reason', 'ask Ann');
  const { stdout } = await ask('pause', 'kling', '--polls', '--json');
  expect(JSON.parse(stdout)).toEqual({ provider: 'kling', paused: true, reason: 'ask Ann', polls: true });
  expect((await ask('pause', 'kling')).stdout).toContain('kling is paused already, polls too: ask Ann. That pause stays as it is');
});

test('a resume says for whom else the account is open again', async () => {
  const { store, ask } = open();
  await pause(store, `account:${ACCOUNT}`, { reason: 'the balance is used up', kind: 'quota', polls: false });
  const { stdout } = await ask('resume', 'pika');
  expect(stdout).toBe(`pika goes on. Ended: the pause of the account ${ACCOUNT}\nHailuo, Pika and Luma share that account: it is open again for all of them.\n`);
});

test('a resume says in words what it ended, and to programs by its scope', async () => {
  const { store, ask } = open();
  await pause(store, `provider:${ACCOUNT}:luma`, { reason: 'the API was not applied for', kind: 'delisted', polls: false });
  expect((await ask('resume', 'luma')).stdout).toBe(`luma goes on. Ended: the pause of luma on the account ${ACCOUNT}\n`);
  await ask('pause', 'luma');
  expect((await ask('resume', 'luma')).stdout).toBe("luma goes on. Ended: a person's pause\n");
  await ask('pause', 'luma');
  expect(JSON.parse((await ask('resume', 'luma', '--json')).stdout)).toEqual({ provider: 'luma', ended: ['operator:luma'] });
});
