/** Puts prompts into DBOS. It has no call for many, so fifty are under way at a time, and PostgreSQL commits them in groups. */
import { DBOSClient } from '@dbos-inc/dbos-sdk';
import { CONCURRENCY } from '../../pipeline/workload.ts';

const [url = '', group = '', count = '0'] = process.argv.slice(2);
const client = await DBOSClient.create({ systemDatabaseUrl: url, systemDatabasePoolSize: 20, applicationName: 'bench' });
let next = 0;

async function caller(): Promise<void> {
  while (next < Number(count)) {
    const prompt = `${group}/${next}`;
    next += 1;
    await client.enqueue({ queueName: 'videos', workflowName: 'video', workflowID: prompt }, prompt);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: CONCURRENCY }, caller));
const seconds = (performance.now() - startedAt) / 1000;

process.send?.({ acceptedSeconds: seconds, readySeconds: seconds });
await client.destroy();
process.exit(0);
