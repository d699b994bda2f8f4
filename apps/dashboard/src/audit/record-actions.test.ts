import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog, readAudit } from '@dailies/queue';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { signIn } from '../auth/signed-in.ts';
import { recordActions, sayAction } from './record-actions.ts';

test('an action is recorded with what came of it, also when its page was closed before the answer', async () => {
  const { store } = openTestLedger();
  const leave = new AbortController();
  const application = express();
  application.use((request, _response, next) => {
    signIn(request, { user: { name: 'anna', role: 'operator', mark: '' }, by: 'basic' });
    next();
  });
  application.use(recordActions(store, createLog({ level: 'silent', name: 'test' })));
  application.post('/generations/act', async (_request, response) => {
    leave.abort();
    await once(response, 'close');
    sayAction(response, { what: 'cancel of many', outcome: 'done: Canceled: 5000.' });
    response.redirect(303, '/generations');
  });
  const server = createServer(application).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(fetch(`http://127.0.0.1:${port}/generations/act`, { method: 'POST', signal: leave.signal })).rejects.toThrow('aborted');
  await expect
    .poll(async () => (await readAudit(store, 10)).map(({ who, what, outcome }) => [who, what, outcome]))
    .toEqual([['anna', 'cancel of many', 'done: Canceled: 5000.']]);
});
