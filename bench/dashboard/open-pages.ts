/**
 * Open overviews of one person, in a process of their own. Each keeps an event stream open, and fetches its page again when it is told of a change,
 * as assets/live.js does. Nothing is drawn, since real browsers are on other machines. Sends a message when all are open, answers any message with
 * the number of pages fetched so far, and ends with the process that started it.
 */
import { setTimeout as rest } from 'node:timers/promises';

const [url = '', password = '', count = '0'] = process.argv.slice(2);
/** As in assets/live.js. */
const GAP_MS = 2_000;
let fetched = 0;

async function stayOpen(cookie: string, opened: () => void): Promise<never> {
  const get = (route: string, accept: string): Promise<Response> => fetch(`${url}${route}`, { headers: { cookie, accept } });
  const events = (await get('/live', 'text/event-stream')).body;
  if (events === null) throw new Error('no event stream');
  opened();
  const heard = { isTold: false, isOver: false };
  void (async () => {
    for await (const chunk of events) heard.isTold ||= chunk.length > 0;
    heard.isOver = true;
  })();
  while (!heard.isOver) {
    await rest(GAP_MS);
    if (!heard.isTold) continue;
    heard.isTold = false;
    await (await get('/', 'text/html')).text();
    fetched += 1;
  }
  throw new Error('the event stream ended');
}

async function signIn(): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'origin': url, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name: 'admin', password }),
  });
  const cookies = response.headers.getSetCookie().map((one) => one.split(';', 1)[0]);
  if (response.status !== 303) throw new Error(`not signed in: ${response.status}`);
  return cookies.join('; ');
}

const cookie = await signIn();
const open = (): Promise<void> => new Promise((resolve, reject) => void stayOpen(cookie, resolve).catch(reject));
await Promise.all(Array.from({ length: Number(count) }, open));
process.send?.('open');
process.on('message', () => process.send?.(fetched));
process.once('disconnect', () => process.exit(0));
