// Enqueues one request, follows its batch, and fetches the video. Needs only Node 20 or newer.
// DAILIES_URL: the address of the API. DAILIES_KEY: an API key, if the API needs one.
import { randomUUID } from 'node:crypto';

const url = process.env.DAILIES_URL ?? 'http://127.0.0.1:3000';
const key = process.env.DAILIES_KEY;
const authorization = key ? { authorization: `Bearer ${key}` } : {};
const batch = process.argv[2] ?? `node-${process.pid}`;

/** Sends a request, and reads the answer. Tries again, five times in all, while the API (or Redis behind it) is away or overloaded. */
async function call(way, options = {}, read = (response) => response.json()) {
  for (let attempt = 1; ; attempt += 1) {
    let response = null;
    try {
      response = await fetch(new URL(way, url), { ...options, headers: { ...authorization, ...options.headers } });
      if (response.ok) return await read(response);
    } catch (error) {
      // No connection, or it broke, perhaps in the middle of the answer: the API may be restarting.
      if (attempt === 5) throw error;
      response = null;
    }
    const passes = response === null || response.status === 503 || response.status === 429;
    if (response !== null && (!passes || attempt === 5)) throw new Error(`${response.status} ${await response.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response?.headers.get('retry-after') ?? attempt)));
  }
}

/** Yields every event of the batch until it is finished. If the stream breaks, because the API restarts, it continues after the last event. */
async function* follow(name) {
  let last = null;
  for (;;) {
    const headers = last === null ? {} : { 'last-event-id': last };
    const events = await call(`/v1/batches/${name}/events?until=finished`, { headers }, (response) => response.body);
    let text = '';
    try {
      for await (const chunk of events.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + chunk).split('\n\n');
        text = blocks.pop();
        for (const block of blocks) {
          const [, event, id, data] = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block) ?? [];
          if (event === undefined) continue;
          last = id;
          yield { event, data: JSON.parse(data) };
          if (event === 'finished') return;
        }
      }
    } catch {
      // The stream broke: ask for it again.
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// With the same key, the request can be sent again at any time: it stays one generation.
const idempotencyKey = randomUUID();
const { id } = await call('/v1/generations', {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
  body: JSON.stringify({ provider: 'luma', prompt: 'a shuttle flies from space into an old volcano', batch, metadata: { order: 4711 } }),
});
process.stderr.write(`enqueued ${id}\n`);

for await (const { event, data } of follow(batch)) if (event === 'transition') process.stderr.write(`${data.from} → ${data.to}\n`);

const generation = await call(`/v1/generations/${id}`);
if (generation.state !== 'succeeded') throw new Error(`${generation.state}: ${generation.failure?.message ?? ''}`);
const video = await call(generation.videos[0].url, {}, (response) => response.arrayBuffer());
process.stdout.write(`${JSON.stringify({ id, state: generation.state, bytes: video.byteLength })}\n`);
