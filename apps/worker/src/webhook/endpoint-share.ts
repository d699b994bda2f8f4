/**
 * One slow endpoint must not take all deliveries of a worker: each host has at most half of them. A delivery that finds the share of its host taken is
 * told when its turn will probably come, reckoned from how long deliveries there take, so that a backlog of thousands does not come back every second.
 */
import { createHostShare } from '../download/host-share.ts';

export interface EndpointShare {
  /** 0: deliver, and call `leave` in the end. Else: milliseconds to wait in the queue. */
  enter(url: string): number;
  leave(url: string): void;
}

const LONGEST_WAIT_MS = 60_000;
const SHORTEST_MS = 1;
/** How long a delivery is taken to last until the host has shown it. */
const FIRST_GUESS_MS = 20;
const MOST_HOSTS = 1_000;

interface Pace {
  /** Milliseconds that a delivery takes there, smoothed. */
  tookMs: number;
  /** Epoch milliseconds at which a place becomes free, probably, for which no other delivery was told to come back. */
  nextFreeAt: number;
  /** When each delivery under way began. */
  entered: number[];
}

export function createEndpointShare(concurrency: number, clock: () => number = Date.now): EndpointShare {
  const shares = createHostShare(concurrency);
  const most = Math.max(1, Math.floor(concurrency / 2));
  const paces = new Map<string, Pace>();
  return {
    enter(url) {
      const now = clock();
      const pace = paceOf(paces, url);
      if (shares.enter(url)) {
        pace.entered.push(now);
        return 0;
      }
      pace.nextFreeAt = Math.min(Math.max(now, pace.nextFreeAt) + Math.max(SHORTEST_MS, pace.tookMs / most), now + LONGEST_WAIT_MS);
      return Math.ceil(pace.nextFreeAt - now);
    },
    leave(url) {
      shares.leave(url);
      const pace = paceOf(paces, url);
      const began = pace.entered.shift();
      if (began !== undefined) pace.tookMs = pace.tookMs * 0.8 + (clock() - began) * 0.2;
      if (pace.entered.length === 0 && paces.size > MOST_HOSTS) paces.delete(hostOf(url));
    },
  };
}

function paceOf(paces: Map<string, Pace>, url: string): Pace {
  const host = hostOf(url);
  const found = paces.get(host) ?? { tookMs: FIRST_GUESS_MS, nextFreeAt: 0, entered: [] };
  paces.set(host, found);
  return found;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
