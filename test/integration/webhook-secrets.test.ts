/** Marked secrets through deliveries and callbacks, well and badly ended: what came out of it is searched, Redis included. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { publicGeneration, readDeliveries } from '@dailies/queue';
import { bundleWorker } from '../chaos/bundle.ts';
import { startWorker } from '../chaos/chaos-worker.ts';
import { openCallbackDoor } from '../support/callback-door.ts';
import { SECRET } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';
import { PROMPTS, openRig } from '../support/rig.ts';
import { keysOfLedger, type TestLedger } from '../support/ledger.ts';

const TOKEN = 'MARKEDTOKEN';

test('no secret of a webhook or callback is in a log, a job, an event, a delivery or a body', async () => {
  const receiver = await openReceiver();
  // Two of the three events fail, however often a busy machine tries them.
  const events = (): string[] => [...new Set(receiver.received.map(({ json }) => json.id))];
  receiver.answer = (response, nth) => {
    const status = [302, 500][events().indexOf(receiver.received[nth - 1]?.json.id ?? '')] ?? 200;
    response.writeHead(status, { location: `http://169.254.169.254/?${TOKEN}` }).end(`no, ${TOKEN}`);
  };
  const durations = { luma: 400 * 600, kling: 400 * 600 };
  const rig = await openRig({ durations, faults: [{ on: 'create', what: 'reset-after-read', provider: 'luma', times: 1 }] });
  const door = await openCallbackDoor(rig);
  const environment = {
    ...rig.environment,
    PUBLIC_URL: door.url, WEBHOOK_SECRET: SECRET, WEBHOOK_URL: `${receiver.url}?token=${TOKEN}`, LOG_LEVEL: 'trace',
    STOP_DEADLINE_MS: '45000',
  };
  const log = path.join(rig.folder, 'worker.log');
  const worker = startWorker(await bundleWorker(rig.folder), { redisUrl: rig.redisUrl, environment, folder: rig.folder, lockMs: 15_000 }, log);
  await worker.ready;
  const ids = await rig.enqueue('marked', [{ provider: 'luma', ask: PROMPTS.luma }, { provider: 'kling', ask: PROMPTS.kling }]);
  await rig.reached(ids, ['succeeded']);
  await expect.poll(events).toHaveLength(3);
  await worker.end();

  const nonces = await Promise.all(ids.map(async (id) => (await rig.generation(id)).nonce ?? ''));
  expect(nonces.every((nonce) => /^[0-9a-f]{32}$/.test(nonce))).toBe(true);
  const secrets = [TOKEN, SECRET.slice('whsec_'.length), ...nonces, 'test-acedata', 'test-kling'];
  const leaks = (text: string): string[] => secrets.filter((secret) => text.includes(secret));

  expect(leaks(await readFile(log, 'utf8')), 'log').toEqual([]);
  expect(leaks(receiver.received.map(({ body }) => body).join()), 'bodies').toEqual([]);
  for (const id of ids) {
    expect(leaks(JSON.stringify(publicGeneration(await rig.generation(id)))), 'public').toEqual([]);
    expect(leaks(JSON.stringify(await readDeliveries(rig.store, 'generation', id))), 'deliveries').toEqual([]);
  }
  const kept = await leakingKeys(rig, leaks);
  // Where they are needed: nonces with their generations, addresses with the events that are still on their way.
  expect(kept.filter((place) => !/^we:evt_\w+ url$/.test(place)).toSorted()).toEqual(ids.map((id) => `g:${id} nonce`).toSorted());
  expect(kept.filter((place) => place.startsWith('we:'))).toHaveLength(2);
});

/** `<key> <field>` of everything in Redis that holds a secret. */
async function leakingKeys({ redis, tag }: TestLedger, leaks: (text: string) => string[]): Promise<string[]> {
  const found: string[] = [];
  for (const key of await keysOfLedger({ redis, tag })) {
    const name = key.slice(key.indexOf('}:') + 2);
    const type = await redis.type(key);
    const hash = type === 'hash' ? await redis.hgetall(key) : {};
    found.push(...Object.entries(hash).flatMap(([field, value]) => (leaks(value).length > 0 ? [`${name} ${field}`] : [])));
    const whole = type === 'string' ? [await redis.get(key)] : type === 'list' ? await redis.lrange(key, 0, -1) : type === 'zset' ? await redis.zrange(key, '0', '-1') : type === 'stream' ? await redis.xrange(key, '-', '+') : type === 'set' ? await redis.smembers(key) : [];
    if (leaks(JSON.stringify(whole)).length > 0) found.push(name);
  }
  return found;
}
