/**
 * Sends a batch's events to one reader, as Server-Sent Events: first the present counts, then every later transition. A reader that comes back with
 * `Last-Event-ID` gets what it missed or, when that is no longer kept, is told so and gets the counts anew. A reader that does not read is cut off
 * when a bounded buffer is full. Missed events may be larger than the buffer, so they are sent only as fast as the reader takes them.
 */
import { once } from 'node:events';
import { advanced, batchWithEvent, eventsBetween, isBehindTrim, isCursor, isNewTo, isNotAfter, type Batch, type LedgerEvent } from '@dailies/queue';
import type { Response } from 'express';
import type { House } from '../house.ts';
import { shownBatch } from '../schemas/shown.ts';

export interface EventStreamOptions {
  /** The last event id that the reader has had; null: the reader is new. */
  after: string | null;
  /** Whether the stream ends with the event `finished` instead of staying open for later rounds. */
  untilFinished: boolean;
  heartbeatMs?: number | undefined;
  mostBufferedBytes?: number | undefined;
}

const HEARTBEAT_MS = 15_000;
const MOST_BUFFERED_BYTES = 1024 * 1024;
/** Milliseconds after a transition until the counts are sent again. Further transitions meanwhile share them. */
const COUNTS_REST_MS = 200;
const RECONNECT_MS = 2_000;

/** Resolves when the stream has ended. Call it before anything of the answer is written. Null: there is no such batch. */
export async function streamEvents(
  { desk, feed, log, stopping }: Pick<House, 'feed' | 'log' | 'stopping'> & { desk: Pick<House['desk'], 'store'> },
  response: Response,
  name: string,
  options: EventStreamOptions,
): Promise<void> {
  const { heartbeatMs = HEARTBEAT_MS, mostBufferedBytes = MOST_BUFFERED_BYTES } = options;
  let sentAt = '0-0';
  let waiting: LedgerEvent[] | null = [];
  let countsTimer: NodeJS.Timeout | undefined;
  let areCountsOld = false;
  let finishedRevision = -1;
  let beginning = Promise.resolve();
  const ended = new Promise<void>((resolve) => void response.once('close', resolve));
  // The reader left while its batch was looked up. Its `close` event has passed and will not come again.
  if (response.destroyed) return;

  function write(event: string, id: string, data: object): void {
    if (response.writableEnded || response.destroyed) return;
    response.write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    sentAt = id;
    if (response.writableLength > mostBufferedBytes) cutOff();
  }

  function cutOff(): void {
    log.info({ batch: name, buffered: response.writableLength }, 'a reader of events did not read and is cut off');
    response.destroy();
  }

  function tellOne(event: LedgerEvent): void {
    if (!isNewTo(desk.store, sentAt, event)) return;
    const { id, from, to, time, note } = event;
    write('transition', advanced(desk.store, sentAt, event), { id, from, to, at: new Date(time).toISOString(), ...(note === '' ? {} : { note }) });
  }

  function tell(events: readonly LedgerEvent[]): void {
    for (const event of events) tellOne(event);
    countsSoon();
  }

  function countsSoon(): void {
    areCountsOld = true;
    countsTimer ??= setTimeout(() => void tellCounts(), COUNTS_REST_MS);
  }

  async function tellAsTaken(events: readonly LedgerEvent[]): Promise<void> {
    for (const event of events) {
      tellOne(event);
      if (!response.writableNeedDrain) continue;
      const patience = setTimeout(cutOff, heartbeatMs);
      await Promise.race([once(response, 'drain'), ended]).finally(() => clearTimeout(patience));
    }
  }

  function tellBatch(event: 'counts' | 'missed', batch: Batch, at: string): void {
    write(event, at, shownBatch(batch));
    if (batch.finishedAt === null || batch.revision === finishedRevision) return;
    finishedRevision = batch.revision;
    write('finished', at, shownBatch(batch));
    if (options.untilFinished) response.end();
  }

  async function tellCounts(): Promise<void> {
    areCountsOld = false;
    try {
      const found = await batchWithEvent(desk.store, name);
      // The counts may contain transitions that the feed has not brought yet, and the reader may leave with `finished`.
      const isNews = found !== null && found.batch.finishedAt !== null && found.batch.revision !== finishedRevision;
      const untold = isNews ? (await eventsBetween(desk.store, sentAt, found.at)).filter((one) => one.batch === name) : [];
      countsTimer = undefined;
      if (found === null) return;
      if (untold.length > 0) tell(untold);
      tellBatch('counts', found.batch, sentAt);
      // A transition that came while the shards answered may be in none of their counts, and may be the last of the batch.
      if (areCountsOld && !response.writableEnded && !response.destroyed) countsSoon();
    } catch {
      // Redis is away. The events are sent when it is back.
      countsTimer = response.writableEnded || response.destroyed ? undefined : setTimeout(() => void tellCounts(), COUNTS_REST_MS);
    }
  }

  /** When events may be lost, the present counts take their place. */
  async function begin(after: string | null, event: 'counts' | 'missed'): Promise<void> {
    waiting ??= [];
    const found = await batchWithEvent(desk.store, name);
    if (found === null) return void response.end();
    const isThere = after !== null && isCursor(desk.store, after) && isNotAfter(desk.store, after, found.at) && !(await isBehindTrim(desk.store, after));
    if (isThere) {
      sentAt = after;
      await tellAsTaken((await eventsBetween(desk.store, after, found.at)).filter((one) => one.batch === name));
    }
    tellBatch(after === null || isThere ? event : 'missed', found.batch, found.at);
    while (waiting.length > 0) await tellAsTaken(waiting.splice(0));
    waiting = null;
    countsSoon();
  }

  /** Runs the tasks one after another. Each ends when nothing waits any more. */
  function beginInTurn(...how: Parameters<typeof begin>): Promise<void> {
    beginning = beginning.then(() => begin(...how));
    return beginning;
  }

  const stop = await feed.listen({
    events(events) {
      const ours = events.filter(({ batch }) => batch === name);
      if (ours.length === 0) return;
      if (waiting === null) tell(ours);
      else waiting.push(...ours);
    },
    missed: () => void beginInTurn(null, 'missed').catch(() => response.destroy()),
  });
  // After `end` nothing may be written, even if the reader has not received the end yet: the error would be unheard and end the process.
  const heartbeat = setInterval(() => response.writableEnded || response.write(': heartbeat\n\n'), heartbeatMs);
  const end = (): void => void response.end();
  stopping.addEventListener('abort', end, { once: true });
  try {
    beginStream(response).flushHeaders();
    response.write(`retry: ${RECONNECT_MS}\n\n`);
    await beginInTurn(options.after, 'counts');
    await ended;
  } finally {
    stop();
    clearInterval(heartbeat);
    clearTimeout(countsTimer);
    stopping.removeEventListener('abort', end);
  }
}

/** The head of the answer. A HEAD request gets nothing else. */
export function beginStream(response: Response): Response {
  // Express' own `set` would add a charset, which this content type does not have.
  response.setHeader('Content-Type', 'text/event-stream');
  return response.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
}
