/**
 * Tells open pages what has changed, by server-sent events, with one follower of the ledger for all of them. A page that is told fetches itself
 * again, so it shows what the ledger says and never more than the person may see. Hidden tabs close their connection.
 */
import type { LedgerChange, LedgerFollower } from '@dailies/queue';
import type { RequestHandler, Response } from 'express';

export interface Live {
  handler: RequestHandler;
  stop(): void;
}

const HEARTBEAT_MS = 15_000;
const MOST_LINES = 200;
const MOST_NAMED = 100;

export function openLive(follower: LedgerFollower): Live {
  const lines = new Set<Response>();
  const say = (text: string): void => {
    for (const line of lines) {
      // The server does not wait for a page that does not read. Such a page asks again when it comes back.
      if (line.writableLength > 64_000) line.destroy();
      else line.write(text);
    }
  };
  const forget = follower.onChange((change) => say(`event: change\ndata: ${JSON.stringify(named(change))}\n\n`));
  const heartbeat = setInterval(() => say(': still here\n\n'), HEARTBEAT_MS).unref();
  return {
    handler: (request, response) => {
      if (lines.size >= MOST_LINES) {
        response.status(503).set('Retry-After', '30').json({ error: 'Too many', message: `${MOST_LINES} pages are open already.` });
        return;
      }
      response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      response.write('retry: 2000\nevent: hello\ndata: {}\n\n');
      lines.add(response);
      request.once('close', () => lines.delete(response));
    },
    stop() {
      forget();
      clearInterval(heartbeat);
      for (const line of lines) line.end();
      lines.clear();
    },
  };
}

/** Null: too many changes to name them. */
function named(change: LedgerChange): { ids: string[] | null; batches: string[] | null } {
  if (change === null) return { ids: null, batches: null };
  return { ids: change.ids.size > MOST_NAMED ? null : [...change.ids], batches: change.batches.size > MOST_NAMED ? null : [...change.batches] };
}
