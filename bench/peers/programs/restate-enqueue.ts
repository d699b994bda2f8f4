/** Puts prompts into Restate through its ingress, fifty calls at a time, each with an idempotency key. */
import { Agent, request } from 'undici';
import { CONCURRENCY } from '../../pipeline/workload.ts';

const [ingressUrl = '', group = '', count = '0'] = process.argv.slice(2);
const dispatcher = new Agent({ connections: CONCURRENCY });
let next = 0;

async function caller(): Promise<void> {
  while (next < Number(count)) {
    const prompt = `${group}/${next}`;
    next += 1;
    const headers = { 'content-type': 'application/json', 'idempotency-key': prompt };
    const answer = await request(`${ingressUrl}/video/run/send`, { method: 'POST', headers, body: JSON.stringify(prompt), dispatcher });
    const body = await answer.body.text();
    if (answer.statusCode > 202) throw new Error(`${answer.statusCode} ${body}`);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: CONCURRENCY }, caller));
const seconds = (performance.now() - startedAt) / 1000;

process.send?.({ acceptedSeconds: seconds, readySeconds: seconds });
await dispatcher.close();
process.exit(0);
