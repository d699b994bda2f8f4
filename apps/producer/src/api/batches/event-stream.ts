/**
 * Sends a batch's events to one reader, as Server-Sent Events, for as long as the reader stays (batch-teller.ts, event-writer.ts). A reader that comes
 * back with `Last-Event-ID` gets what it missed or, when that is no longer kept, is told so and gets the counts anew.
 */
import type { Response } from 'express';
import type { ApiContext } from '../api-context.ts';
import { createBatchTeller } from './batch-teller.ts';
import { createEventWriter, type WriterOptions } from './event-writer.ts';

export interface EventStreamOptions extends WriterOptions {
  /** The last event id that the reader has had; null: the reader is new. */
  after: string | null;
  /** Whether the stream ends with the event `finished` instead of staying open for later rounds. */
  untilFinished: boolean;
}

/** Resolves when the stream has ended. Call it before anything of the answer is written. */
export async function streamEvents(
  { desk: { store }, feed, log, stopping }: Pick<ApiContext, 'feed' | 'log' | 'stopping'> & { desk: Pick<ApiContext['desk'], 'store'> },
  response: Response,
  name: string,
  { after, untilFinished, ...options }: EventStreamOptions,
): Promise<void> {
  // The reader left while its batch was looked up. Its `close` event has passed and will not come again.
  if (response.destroyed) return;
  const writer = createEventWriter(response, options, () => {
    log.info({ batch: name, buffered: response.writableLength }, 'a reader of events did not read and is cut off');
  });
  const teller = createBatchTeller({ store, name, untilFinished }, writer);
  const leave = await feed.listen({
    events: (events) => teller.tell(events.filter(({ batch }) => batch === name)),
    missed: () => void teller.missed().catch(() => response.destroy()),
  });
  stopping.addEventListener('abort', writer.end, { once: true });
  try {
    writer.begin();
    // The stop began while the reader's batch was looked up. Its `abort` event has passed and will not come again.
    if (stopping.aborted) writer.end();
    await teller.begin(after);
    await writer.ended;
  } finally {
    leave();
    teller.stop();
    writer.stop();
    stopping.removeEventListener('abort', writer.end);
  }
}
