/** The answer while Redis, or a part of it, is away: given at once and readable, instead of a page that hangs. */
import type { ShardWait, Store } from '@dailies/queue';
import type { Request, RequestHandler, Response } from 'express';
import { html, type Html } from '../html/html.ts';
import { onlyLooks } from './only-looks.ts';
import { pageBefore } from './page-before.ts';

export function requireRedis(redis: Store['redis']): RequestHandler {
  return (request, response, next) => (redis.status === 'ready' ? next() : answerRedisAway(request, response));
}

/** `waits`: the shards of a Redis Cluster that cannot be reached now. */
export function answerRedisAway(request: Request, response: Response, waits: readonly ShardWait[] = []): void {
  response.status(503).set('Retry-After', '2');
  if (request.accepts(['json', 'html']) === 'html') response.type('html').send(pageOf(request, waits).text);
  else {
    response.json({
      error: titleOf(waits),
      message: ['Nothing is lost: what was accepted is kept, and the board comes back with Redis.', doubt(request), ...waits.map(({ text }) => text)]
        .filter(Boolean)
        .join(' '),
    });
  }
}

function titleOf(waits: readonly ShardWait[]): string {
  return waits.length === 0 ? 'Redis does not answer' : 'A part of the Redis Cluster waits';
}

/** Redis may have gone before or after it was done. */
function doubt(request: Request): string {
  return onlyLooks(request) ? '' : 'What you pressed may not have been done: look at how things stand then.';
}

function pageOf(request: Request, waits: readonly ShardWait[]): Html {
  // The address of an action has no page to come back.
  const back = onlyLooks(request) ? '' : `; url=${pageBefore(request)}`;
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3${back}">
<title>Dailies: ${titleOf(waits)}</title>
<link rel="stylesheet" href="/assets/style.css">
<main>
<h1>${titleOf(waits)}</h1>
<p>Nothing is lost: what was accepted is kept, and this page comes back by itself as soon as Redis does. ${doubt(request)}</p>
${waits.map(({ text }) => html`<p>${text}</p>`)}
<p>If it stays away, look at the Redis server, or at <code>REDIS_URL</code>. <code>dailies doctor</code> says what is wrong.</p>
</main>
</html>
`;
}
