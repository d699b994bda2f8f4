/**
 * pg-boss as both programs open it. A killed worker's jobs are noticed by their heartbeat (ten seconds are the least it takes) instead of
 * their expiry after fifteen minutes, and looked for every second.
 */
import { PgBoss } from 'pg-boss';

export async function openBoss(url: string, supervise: boolean): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, max: 20, supervise, schedule: false, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1 });
  boss.on('error', (error: Error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  for (const name of ['submit', 'poll']) await boss.createQueue(name, { heartbeatSeconds: 10, retryLimit: 10, retryDelay: 0 });
  return boss;
}
