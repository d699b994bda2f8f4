import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConfigError } from '@dailies/queue';
import { expect, onTestFinished, test } from 'vitest';
import { createHealth, type HealthParts } from './health.ts';

test('a port that is in use is named with its variable', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const health = createHealth({ host: '127.0.0.1', port } as HealthParts);

  const refused = await health.start().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConfigError);
  expect((refused as ConfigError).faults).toEqual([`WORKER_PORT: port ${port} is in use. Set WORKER_PORT to another one, or to 0 for any.`]);
});

test('a host that is no address of this machine is named with its variable', async () => {
  const health = createHealth({ host: '192.0.2.1', port: 0 } as HealthParts);
  await expect(health.start()).rejects.toThrow('WORKER_HOST: 192.0.2.1 is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.');
});
