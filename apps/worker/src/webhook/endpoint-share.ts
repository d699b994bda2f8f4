/**
 * One slow endpoint must not take all deliveries of a worker: each host has at most half of them. A delivery that finds the share of its host taken is
 * told when its turn will probably come, reckoned from how long deliveries there take, so that a backlog of thousands does not come back every second.
 */
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

interface Host {
  /** Milliseconds that a delivery takes there, smoothed. */
  tookMs: number;
  /** Epoch milliseconds at which a place becomes free, probably, for which no other delivery was told to come back. */
  nextFreeAt: number;
  /** When each delivery under way began. */
  entered: number[];
}

export function createEndpointShare(concurrency: number, clock: () => number = Date.now): EndpointShare {
  const share = Math.max(1, Math.floor(concurrency / 2));
  const hosts = new Map<string, Host>();

  function hostOf(url: string): Host {
    const name = nameOf(url);
    const found = hosts.get(name) ?? { tookMs: FIRST_GUESS_MS, nextFreeAt: 0, entered: [] };
    hosts.set(name, found);
    return found;
  }

  return {
    enter(url) {
      const now = clock();
      const host = hostOf(url);
      if (host.entered.length < share) {
        host.entered.push(now);
        return 0;
      }
      host.nextFreeAt = Math.min(Math.max(now, host.nextFreeAt) + Math.max(SHORTEST_MS, host.tookMs / share), now + LONGEST_WAIT_MS);
      return Math.ceil(host.nextFreeAt - now);
    },
    leave(url) {
      const host = hostOf(url);
      const began = host.entered.shift();
      if (began !== undefined) host.tookMs = host.tookMs * 0.8 + (clock() - began) * 0.2;
      if (host.entered.length === 0 && hosts.size > MOST_HOSTS) hosts.delete(nameOf(url));
    },
  };
}

function nameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
