/**
 * One slow host must not take all deliveries of webhooks: each host has at most half of them. A delivery that finds the share of its host taken goes
 * back to its queue, and holds nothing there.
 */
export interface HostShare {
  /** False: the host has its share already. */
  enter(url: string): boolean;
  leave(url: string): void;
}

export function createHostShare(concurrency: number): HostShare {
  const most = Math.max(1, Math.floor(concurrency / 2));
  const active = new Map<string, number>();
  return {
    enter(url) {
      const host = hostOf(url);
      const now = active.get(host) ?? 0;
      if (now >= most) return false;
      active.set(host, now + 1);
      return true;
    },
    leave(url) {
      const host = hostOf(url);
      const left = (active.get(host) ?? 1) - 1;
      if (left > 0) active.set(host, left);
      else active.delete(host);
    },
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
