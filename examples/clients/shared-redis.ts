/**
 * Enqueues without HTTP, from a Node service that shares the Redis with a worker. To run it in the clone:
 *   REDIS_URL=redis://… node --conditions=dailies-source --import tsx examples/clients/shared-redis.ts
 */
import { createProducer } from '@dailies/queue';

const producer = await createProducer({
  redisUrl: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
  tag: process.env['REDIS_TAG'],
  environment: process.env,
  name: 'example',
});
try {
  // The same id with the same request is always the same generation, however often you send it.
  const { id } = await producer.enqueue({ provider: 'luma', prompt: 'a shuttle flies from space into an old volcano', id: process.argv[2] });
  const { total } = await producer.enqueueBatch('node-boats', [
    { provider: 'pika', prompt: 'paper boats on a river of ink' },
    { provider: 'hailuo', prompt: 'warm light inside of a furnace', priority: 2 },
  ]);
  const done = await producer.wait(id, { timeoutMs: 600_000 });
  process.stdout.write(`${JSON.stringify({ id, state: done.state, total, file: done.videos[0]?.file })}\n`);
} finally {
  await producer.close();
}
