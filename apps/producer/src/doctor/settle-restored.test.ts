import { EventEmitter } from 'node:events';
import os from 'node:os';
import { expect, test } from 'vitest';
import { dailies, environmentOf } from '../../../../test/support/command-line.ts';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import type { Context } from '../context.ts';
import { listenForInterrupts } from '../interrupts.ts';
import { settleRestored } from './settle-restored.ts';

test('Ctrl-C while a restored ledger is settled ends at once, and says what is not submitted until it is settled', async () => {
  const ledger = openTestLedger();
  const signals = Object.assign(new EventEmitter(), { exit: () => undefined });
  const interrupts = listenForInterrupts(signals);
  // It comes right after the answer to the question, which is when it begins.
  const ask = () => Promise.resolve(signals.emit('SIGINT'));
  const environment = environmentOf(ledger);
  const context = { environment, places: { root: './', cwd: './' }, terminal: { live: false, canAsk: true, ask, say: () => undefined }, interrupts } as unknown as Context;
  await expect(settleRestored(context, {})).rejects.toMatchObject({ exitCode: 130, message: expect.stringMatching(/^Interrupted\. .*not submitted before .* run it again/) });
});

test('doctor takes --after-restore and --shards one at a time, so that it passes over neither', async () => {
  const ledger = openTestLedger();
  const environment = environmentOf(ledger);
  const { code, stdout, stderr } = await dailies(environment, os.tmpdir(), ['doctor', '--after-restore', '--shards', '--yes']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Give either --after-restore or --shards. After a restore, --after-restore comes first. Nothing was done.');
});
