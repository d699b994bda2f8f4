// Receives the webhooks of Dailies. Needs only Node 20 or newer.
//   WEBHOOK_SECRET=whsec_… PORT=8080 node examples/webhooks/receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const SECRET = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
// With an empty secret, anybody could sign.
if (SECRET.length === 0) throw new Error('WEBHOOK_SECRET is not set: use the same as the workers, whsec_…');
const FIVE_MINUTES = 300;
const MOST_BYTES = 1_000_000;
const seen = new Set(); // In a real service: a table with a unique key. The same event may come twice, with the same id.

/** Throws if the request was not signed with our secret, was changed on its way, or is old. `body` is the raw text, not parsed JSON. */
function verify(headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < FIVE_MINUTES)) throw new Error('too old, or from the future');
  const expected = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest();
  const given = String(headers['webhook-signature']).split(' ').filter((one) => one.startsWith('v1,'));
  const right = given.map((one) => Buffer.from(one.slice(3), 'base64')).some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  if (!right) throw new Error('not signed with our secret');
}

/** The raw text of a request; null if it is too large or breaks off, so that no caller can stop the receiver. */
async function read(request) {
  let body = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk;
      if (body.length > MOST_BYTES) return null;
    }
  } catch {
    return null;
  }
  return body;
}

const server = createServer(async (request, response) => {
  const body = await read(request);
  if (body === null) return response.writeHead(413).end();
  try {
    verify(request.headers, body);
  } catch (error) {
    console.error(`refused: ${error.message}`);
    return response.writeHead(401).end();
  }
  // Answer first and work later: after ten seconds without an answer, Dailies sends the event again.
  response.writeHead(204).end();
  const event = JSON.parse(body);
  if (seen.has(event.id)) return;
  seen.add(event.id);
  if (event.type === 'batch.finished') console.log(`${event.type} ${event.data.id} revision ${event.revision}: ${JSON.stringify(event.data.counts)}`);
  else console.log(`${event.type} ${event.data.id} round ${event.round}: ${event.data.videos[0]?.file ?? event.data.failure?.message ?? event.data.state}`);
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`listening on port ${server.address().port}`));
