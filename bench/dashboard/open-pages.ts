/**
 * So many open overviews of one person, a process of its own: each keeps a line of events, and fetches itself again when it is told of a change,
 * as assets/live.js does. It draws nothing, since browsers are on other machines. Says when all are open; ends with whoever started it.
 */
import { setTimeout as rest } from 'node:timers/promises';

const [url = '', password = '', count = '0'] = process.argv.slice(2);
/** As in assets/live.js. */
const GAP_MS = 2_000;
let fetched = 0;

async function stayOpen(cookie: string, opened: () => void): Promise<never> {
  const get = (route: string): Promise<Response> => fetch(`${url}${route}`, { headers: { cookie, accept: route === '/live' ? 'text/event-stream' : 'text/html' } });
  const line = (await get('/live')).body;
  if (line === null) throw new Error('no line of events');
  opened();
  const heard = { isTold: false, isOver: false };
  void (async () => {
    for await (const chunk of line) heard.isTold ||= chunk.length > 0;
    heard.isOver = true;
  })();
  while (!heard.isOver) {
    await rest(GAP_MS);
    if (!heard.isTold) continue;
    heard.isTold = false;
    await (await get('/')).text();
    fetched += 1;
  }
  throw new Error('the line of events ended');
}

async function signIn(): Promise<string> {
  const response = await fetch(`${url}/login`, { method: 'POST', redirect: 'manual', headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ name: 'admin', password }) });
  const cookies = response.headers.getSetCookie().map((one) => one.split(';', 1)[0]);
  if (response.status !== 303) throw new Error(`not signed in: ${response.status}`);
  return cookies.join('; ');
}

const cookie = await signIn();
await Promise.all(Array.from({ length: Number(count) }, () => new Promise<void>((resolve, reject) => void stayOpen(cookie, resolve).catch(reject))));
process.send?.('open');
process.on('message', () => process.send?.(fetched));
process.once('disconnect', () => process.exit(0));
