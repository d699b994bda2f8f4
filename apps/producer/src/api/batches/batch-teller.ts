/**
 * Tells one reader of a batch: first the present counts, then every later transition, each once and in order, and the counts again after them. Where a
 * transition can no longer be told, the counts of now take its place, and it says so.
 */
import {
  advanced, batchWithEvent, eventsBetween, isBehindTrim, isCursor, isNewTo, isNotAfter, publicBatch, type Batch, type LedgerEvent, type Store,
} from '@dailies/queue';
import type { EventWriter } from './event-writer.ts';

interface Followed {
  store: Store;
  /** Of the batch. */
  name: string;
  /** Whether the reader leaves with the event `finished` instead of staying for later rounds. */
  untilFinished: boolean;
}

export interface BatchTeller {
  /** `after`: the last event id that the reader has had; null: the reader is new. Until it resolves, what is to be told waits. */
  begin(after: string | null): Promise<void>;
  tell(events: readonly LedgerEvent[]): void;
  /** Events may have been lost: begins anew with the counts of now. */
  missed(): Promise<void>;
  stop(): void;
}

/** Milliseconds after a transition until the counts are sent again. Further transitions meanwhile share them. */
const COUNTS_REST_MS = 200;

export function createBatchTeller({ store, name, untilFinished }: Followed, writer: EventWriter): BatchTeller {
  let sentAt = '0-0';
  /** What came while the teller begins; null: it has begun. */
  let waiting: LedgerEvent[] | null = [];
  let countsTimer: NodeJS.Timeout | undefined;
  let areCountsOld = false;
  let finishedRevision = -1;
  let beginning = Promise.resolve();

  function write(event: string, id: string, data: object): void {
    if (writer.isOver()) return;
    sentAt = id;
    writer.write(event, id, data);
  }

  function tellOne(event: LedgerEvent): void {
    if (!isNewTo(store, sentAt, event)) return;
    const { id, from, to, time, note } = event;
    write('transition', advanced(store, sentAt, event), { id, from, to, at: new Date(time).toISOString(), ...(note === '' ? {} : { note }) });
  }

  function tellAll(events: readonly LedgerEvent[]): void {
    for (const event of events) tellOne(event);
    countsSoon();
  }

  /** Events that were missed may be more than a buffer holds: they are sent only as fast as the reader takes them. */
  async function tellAsTaken(events: readonly LedgerEvent[]): Promise<void> {
    for (const event of events) {
      tellOne(event);
      await writer.taken();
    }
  }

  function tellBatch(event: 'counts' | 'missed', batch: Batch, at: string): void {
    write(event, at, publicBatch(batch));
    if (batch.finishedAt === null || batch.revision === finishedRevision) return;
    finishedRevision = batch.revision;
    write('finished', at, publicBatch(batch));
    if (untilFinished) writer.end();
  }

  function countsSoon(): void {
    areCountsOld = true;
    countsTimer ??= setTimeout(() => void tellCounts(), COUNTS_REST_MS);
  }

  async function tellCounts(): Promise<void> {
    areCountsOld = false;
    try {
      const found = await batchWithEvent(store, name);
      // The counts may contain transitions that the feed has not brought yet, and the reader may leave with `finished`.
      const isNews = found !== null && found.batch.finishedAt !== null && found.batch.revision !== finishedRevision;
      const untold = isNews ? await ofBatch(sentAt, found.at) : [];
      countsTimer = undefined;
      if (found === null) return;
      if (untold.length > 0) tellAll(untold);
      tellBatch('counts', found.batch, sentAt);
      // A transition that came while the shards answered may be in none of their counts, and may be the last of the batch.
      if (areCountsOld && !writer.isOver()) countsSoon();
    } catch {
      // Redis is away. The events are sent when it is back.
      countsTimer = writer.isOver() ? undefined : setTimeout(() => void tellCounts(), COUNTS_REST_MS);
    }
  }

  async function ofBatch(after: string, until: string): Promise<LedgerEvent[]> {
    return (await eventsBetween(store, after, until)).filter(({ batch }) => batch === name);
  }

  async function begin(after: string | null, event: 'counts' | 'missed'): Promise<void> {
    waiting ??= [];
    const found = await batchWithEvent(store, name);
    if (found === null) return writer.end();
    const isThere = after !== null && isCursor(store, after) && isNotAfter(store, after, found.at) && !(await isBehindTrim(store, after));
    if (isThere) {
      sentAt = after;
      await tellAsTaken(await ofBatch(after, found.at));
    }
    tellBatch(after === null || isThere ? event : 'missed', found.batch, found.at);
    while (waiting.length > 0) await tellAsTaken(waiting.splice(0));
    waiting = null;
    countsSoon();
  }

  /** One after another: each ends when nothing waits any more. */
  function beginInTurn(...how: Parameters<typeof begin>): Promise<void> {
    beginning = beginning.then(() => begin(...how));
    return beginning;
  }

  return {
    begin: (after) => beginInTurn(after, 'counts'),
    missed: () => beginInTurn(null, 'missed'),
    tell(events) {
      if (events.length === 0) return;
      if (waiting === null) tellAll(events);
      else waiting.push(...events);
    },
    stop: () => clearTimeout(countsTimer),
  };
}
