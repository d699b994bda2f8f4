import { getEventListeners } from 'node:events';
import { Secret } from '@dailies/queue';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { SECRET } from '../../../../test/support/mail.ts';
import { openReceiver } from '../../../../test/support/receiver.ts';
import { createAssetAgent } from '../download/asset-agent.ts';
import { postEvent } from './post-event.ts';

const NEXT = `whsec_${Buffer.from('the one that takes its place, ok').toString('base64')}`;

test('while a secret is changed a receiver that knows either of the two can tell that it is us', async () => {
  const receiver = await openReceiver();
  const agent = createAssetAgent({ allowPrivateAddresses: true, stallMs: 5_000 });
  onTestFinished(() => agent.destroy());
  const stopping = new AbortController().signal;
  const rules = { agent, secret: new Secret(`${SECRET}, ${NEXT}`), allowPrivateAddresses: true, stopping, deadlineMs: 5_000, mostBytes: 1_024 };
  expect(await postEvent({ id: 'evt_1', url: receiver.url, body: '{"type":"generation.canceled"}' }, rules)).toMatchObject({ outcome: 'delivered' });
  const [told] = receiver.received;
  for (const known of [SECRET, NEXT]) expect(new Webhook(known).verify(told?.body ?? '', told?.headers ?? {})).toEqual(told?.json);
  expect(hangingOn(stopping)).toBe(0);
});

/** What the signal of a stop still holds: listeners, and the signals that Node makes of it (by a symbol of its own). */
function hangingOn(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals');
  const made = symbol === undefined ? undefined : (signal as unknown as Record<symbol, Set<unknown> | undefined>)[symbol];
  return getEventListeners(signal, 'abort').length + (made?.size ?? 0);
}
