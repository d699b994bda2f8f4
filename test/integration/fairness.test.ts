/** Fair turns, through the gate to the upstream: nobody waits for hours behind somebody else's large batch. */
import { expect, test } from 'vitest';
import { PROVIDERS } from '@dailies/providers';
import { acceptItems } from '@dailies/queue';
import { openRig, type Rig } from '../support/rig.ts';

/** A batch of Hailuo lines `<batch> <number>`, with its jobs. */
async function enqueue(rig: Rig, batch: string, count: number, priority = 1): Promise<string[]> {
  const account = rig.config.providers.hailuo.account?.id ?? '';
  const items = Array.from({ length: count }, (_, at) => {
    const ask = { prompt: `${batch} ${at}` };
    return { images: [], generation: { id: `${batch}-${at}`, provider: 'hailuo' as const, account, ask, request: PROVIDERS.hailuo.request.parse(ask), fingerprint: ask.prompt, priority, metadata: null } };
  });
  const { result, handedOver } = await acceptItems(rig, { batch, lane: batch, attended: false, items }, { replicas: 0 });
  await handedOver;
  expect(result.outcome).toBe('accepted');
  return items.map(({ generation }) => generation.id);
}

function submitted(rig: Rig): string[] {
  return rig.simulator.ledger().map(({ prompt }) => prompt);
}

test('one urgent request, and one like any other, behind a batch of 10,000 are submitted within one turn of the slots', async () => {
  const rig = await openRig({ limits: { acedata: 3 }, durations: { hailuo: 60_000 } }, { ACEDATA_MAX_IN_FLIGHT: '3' });
  const long = await enqueue(rig, 'long', 10_000);
  await rig.worker();
  await rig.reached(long.slice(0, 6), ['rendering', 'downloading', 'succeeded']);
  const urgent = await enqueue(rig, 'urgent', 1, 3);
  const afterUrgent = submitted(rig).length;
  await rig.reached(urgent, ['rendering', 'downloading', 'succeeded']);
  const plain = await enqueue(rig, 'plain', 1);
  const afterPlain = submitted(rig).length;
  await rig.reached(plain, ['rendering', 'downloading', 'succeeded']);

  const order = submitted(rig);
  // One may have been fetched, and one more be on its way, when it came. A turn of the slots is three.
  expect(order.indexOf('urgent 0') - afterUrgent).toBeLessThanOrEqual(2);
  expect(order.indexOf('plain 0') - afterPlain).toBeLessThanOrEqual(3);
}, 120_000);

test('a batch of 1,000 and one of 100 share the slots evenly until the small one is through, each in its order', async () => {
  const rig = await openRig({ limits: { acedata: 20 }, durations: { hailuo: 30_000 } }, { ACEDATA_MAX_IN_FLIGHT: '20' });
  await enqueue(rig, 'large', 1_000);
  const small = await enqueue(rig, 'small', 100);
  await rig.worker();
  await rig.reached(small, ['rendering', 'downloading', 'succeeded']);

  const order = submitted(rig);
  const last = order.indexOf('small 99');
  for (let at = 20; at <= last; at += 20) expect(Math.abs(order.slice(0, at).filter((prompt) => prompt.startsWith('small')).length - at / 2)).toBeLessThanOrEqual(3);
  expect(last).toBeLessThan(206);
  for (const batch of ['large', 'small']) {
    const lines = order.filter((prompt) => prompt.startsWith(batch)).map((prompt) => Number(prompt.split(' ')[1]));
    // Refused ones that are put back may be overtaken by those that were fetched meanwhile: three are unanswered at most.
    expect(Math.max(...lines.map((line, at) => Math.abs(line - at)))).toBeLessThanOrEqual(3);
  }
}, 120_000);
