/** Waits until a generation can move no more by itself. It hears of changes from the event feed and reads the ledger: the feed is never the record. */
import type { EventFeed } from './ledger/events/event-feed.ts';
import type { PublicGeneration } from './public-generation.ts';
import { MOVING } from './states.ts';

/** Resolves when it is terminal, unresolved or overdue; or, after `timeoutMs`, as it is then. */
export async function waitFor(
  feed: EventFeed,
  id: string,
  read: () => Promise<PublicGeneration>,
  { timeoutMs = Number.POSITIVE_INFINITY }: { timeoutMs?: number } = {},
): Promise<PublicGeneration> {
  const changed = new EventTarget();
  const tell = (): boolean => changed.dispatchEvent(new Event('change'));
  const stop = await feed.listen({ events: (events) => events.some((event) => event.id === id) && tell(), missed: tell });
  let isLate = false;
  const giveUp = (): void => {
    isLate = true;
    tell();
  };
  const timer = Number.isFinite(timeoutMs) ? setTimeout(giveUp, Math.min(timeoutMs, 2 ** 31 - 1)) : undefined;
  try {
    for (;;) {
      const next = nextChange(changed);
      const found = await read();
      if (!MOVING.includes(found.state) || isLate) return found;
      await next;
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Resolves at the next `change`. Listens from the moment it is called, so that no change in between is lost. */
function nextChange(changed: EventTarget): Promise<void> {
  return new Promise((resolve) => changed.addEventListener('change', () => resolve(), { once: true }));
}
