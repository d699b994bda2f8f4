/** The caller of a measurement, a process of its own: makes so many POSTs over so many connections, then prints one line of JSON. */
import { Pool } from 'undici';
import { median, shareOf } from './statistics.ts';

const [url = '', count = '0', connections = '1'] = process.argv.slice(2);
const pool = new Pool(url, { connections: Number(connections), pipelining: 1 });
const statuses: Record<number, number> = {};
const milliseconds: number[] = [];
let sent = 0;

async function caller(): Promise<void> {
  while (sent < Number(count)) {
    const body = JSON.stringify({ provider: 'luma', prompt: `a boat on a river of ink, number ${(sent += 1)}` });
    const startedAt = performance.now();
    const answer = await pool.request({ path: '/v1/generations', method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await answer.body.dump();
    milliseconds.push(performance.now() - startedAt);
    statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, caller));
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(`${JSON.stringify({ perSecond: Number(count) / seconds, statuses, median: median(milliseconds), p99: shareOf(milliseconds, 0.99) })}\n`);
process.exit(0);
