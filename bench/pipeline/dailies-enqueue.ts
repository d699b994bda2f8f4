/** Puts prompts into Dailies as its API does, a thousand a batch call, and says how long until the 202 and until their jobs were there. */
import { acceptItems, connectForWorker, createLog, loadConfig, openQueues, openStore } from '@dailies/queue';
import { newGeneration } from '../new-generation.ts';
import type { Enqueued } from './contestant.ts';

const [group = '', count = '0'] = process.argv.slice(2);
const config = loadConfig(process.env, { root: '/', cwd: '/' });
const log = createLog({ level: 'warn', name: 'bench' });
const store = openStore(connectForWorker(config.redisUrl?.reveal() ?? '', { name: 'bench', log }), config.redisTag);
const queues = openQueues(store, log);
await store.redis.ping();
const account = config.providers.kling.account?.id ?? '';
const items = Array.from({ length: Number(count) }, (_, at) => ({
  generation: newGeneration({ id: `${group}-${at}`, provider: 'kling', account, prompt: `${group}/${at}` }),
  images: [],
}));

const startedAt = performance.now();
const handedOver: Promise<void>[] = [];
for (let at = 0; at < items.length; at += 1_000) {
  const accepted = await acceptItems({ store, queues }, { batch: group, lane: group, attended: false, items: items.slice(at, at + 1_000) }, { replicas: 0 });
  if (accepted.result.outcome !== 'accepted') throw new Error(accepted.result.outcome);
  handedOver.push(accepted.handedOver);
}
const acceptedSeconds = (performance.now() - startedAt) / 1000;
await Promise.all(handedOver);

process.send?.({ acceptedSeconds, readySeconds: (performance.now() - startedAt) / 1000 } satisfies Enqueued);
process.exit(0);
