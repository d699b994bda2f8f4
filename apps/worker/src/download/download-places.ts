/**
 * Which downloads may run now. One slow asset host must not take all downloads of a worker, so each host has at most half of them. As many more of a
 * host wait for a place in here, so that a place which becomes free is taken at once. A download that finds all of these taken goes back to its queue,
 * and holds nothing there. However many are in the queue, they come back one after the other, at the pace at which their host finishes downloads.
 */
export interface DownloadPlaces {
  /** Resolves with true when the download may begin; call `leave` when it has ended. False, at once: as many of its host wait already. */
  enter(url: string): Promise<boolean>;
  leave(url: string): void;
  /** Milliseconds after which a download that found no place comes back. */
  lookAgainInMs(url: string): number;
}

/** How many deliveries a worker needs at once for so many downloads: as many again wait for a place. */
export function deliveriesFor(downloads: number): number {
  return 2 * downloads;
}

const SHORTEST_MS = 20;
const LONGEST_MS = 15_000;
/** What one download is taken to last before any has ended. */
const FIRST_GUESS_MS = 500;
/** The weight of the newest in the mean. */
const NEWEST = 0.2;

interface Host {
  /** When each download that runs began, epoch milliseconds. */
  since: number[];
  /** Lets each download begin that waits for a place. */
  waiting: (() => void)[];
  /** How long a download of this host takes, smoothed. */
  meanMs: number;
  /** The time for which the last of those in the queue was told to come back, epoch milliseconds. */
  lastBackAt: number;
}

export function createDownloadPlaces(downloads: number): DownloadPlaces {
  const share = Math.max(1, Math.floor(downloads / 2));
  const hosts = new Map<string, Host>();
  let active = 0;

  const isFree = ({ since }: Host): boolean => active < downloads && since.length < share;

  function begin(host: Host): void {
    active += 1;
    host.since.push(Date.now());
  }

  /** Lets waiting downloads begin, of whatever host: what they wait for may be a place among all, or one in the share of their host. */
  function wakeNext(): void {
    for (const host of hosts.values()) {
      while (host.waiting.length > 0 && isFree(host)) {
        begin(host);
        host.waiting.shift()?.();
      }
    }
  }

  function hostOf(url: string): Host {
    const name = URL.canParse(url) ? new URL(url).host : '';
    const found = hosts.get(name) ?? { since: [], waiting: [], meanMs: FIRST_GUESS_MS, lastBackAt: 0 };
    // The host that was used last is put at the end: when a place becomes free, the others come first.
    hosts.delete(name);
    hosts.set(name, found);
    const [oldest] = hosts.entries();
    if (hosts.size > MOST_HOSTS && oldest !== undefined && isIdle(oldest[1])) hosts.delete(oldest[0]);
    return found;
  }

  return {
    enter(url) {
      const host = hostOf(url);
      if (isFree(host)) {
        begin(host);
        return Promise.resolve(true);
      }
      if (host.waiting.length >= share) return Promise.resolve(false);
      return new Promise((resolve) => {
        host.waiting.push(() => resolve(true));
      });
    },
    leave(url) {
      const host = hostOf(url);
      active -= 1;
      host.meanMs += NEWEST * (Date.now() - (host.since.shift() ?? Date.now()) - host.meanMs);
      wakeNext();
    },
    lookAgainInMs(url) {
      const host = hostOf(url);
      const now = Date.now();
      host.lastBackAt = Math.max(now, host.lastBackAt) + host.meanMs / share;
      return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, host.lastBackAt - now));
    },
  };
}

const MOST_HOSTS = 1_000;

function isIdle({ since, waiting }: Host): boolean {
  return since.length === 0 && waiting.length === 0;
}
