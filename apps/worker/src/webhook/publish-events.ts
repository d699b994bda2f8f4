/**
 * The publisher: turns the marks that transitions left into events with jobs. A mark goes only after its job is there, so a crash in
 * between publishes it again, and the event's id, which is made of the mark, makes that harmless.
 *
 * A mark for which there is no endpoint is dropped. Where there is a default endpoint (WEBHOOK_URL), only a worker that is configured with it can tell.
 * The other workers publish what names an endpoint, and leave the rest to that worker. It announces itself; a day after the last announcement the others
 * take it that there is no default endpoint any more.
 */
import {
  type Batch,
  chunked,
  type Generation,
  type Mark,
  type NewEvent,
  type PublicGeneration,
  type Store,
  eventId,
  finishedId,
  handOverEvent,
  homeOf,
  isSimulated,
  leaveMarks,
  publicBatch,
  publicGeneration,
  readBatch,
  readGenerations,
  readMarks,
  recordEvent,
  removeMarks,
  subjectOf,
  webhookWishes,
} from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** `shard`: where the event is kept, and sent from. */
type ShardEvent = NewEvent & { shard: Store };

/** An event without its body. `facts`: what the body says beside the fields that every event has. */
type Draft = Omit<ShardEvent, 'body'> & { facts: Record<string, unknown> };

const PAGE = 200;
const AT_ONCE = 50;
/** How long an announced default endpoint counts, and marks are left for a worker that knows it. */
const STANDARD_KEPT_MS = 24 * 3_600_000;

/** Publishes what is there now. Answers how many events got a job. */
export async function publishEvents(context: WorkerContext): Promise<number> {
  const { config, store } = context;
  const leaves = config.webhooks.url === null && (await store.redis.exists(store.keys.standardWebhook)) === 1;
  const published = await publishFrom(context, store.keys.outbox, leaves);
  return leaves ? published : published + (await publishFrom(context, store.keys.outboxOfStandard, false));
}

/** `leaves`: marks that name no endpoint are left to a worker that knows the default one. */
async function publishFrom(context: WorkerContext, outbox: string, leaves: boolean): Promise<number> {
  const { store } = context;
  let published = 0;
  for (;;) {
    const marks = await readMarks(store, outbox, PAGE);
    if (marks.length === 0) return published;
    const { events, unnamed } = await eventsOf(context, marks);
    for (const together of chunked(events, AT_ONCE)) {
      const given = await Promise.all(together.map((event) => publish(context, event)));
      published += given.filter(Boolean).length;
    }
    if (leaves) await leaveMarks(store, unnamed);
    await removeMarks(store, outbox, marks);
    if (marks.length < PAGE) return published;
  }
}

/** False: the event has its job already, or is through. */
async function publish(context: WorkerContext, { shard, ...event }: ShardEvent): Promise<boolean> {
  const seq = await recordEvent(shard, event);
  if (seq === null) return false;
  context.at('webhook:recorded', event.subject.slice(2));
  await handOverEvent({ queues: context.queues.whole.of(shard.number) }, event, seq);
  context.at('webhook:published', event.subject.slice(2));
  return true;
}

/** Announces that a worker with a default endpoint runs, if this one has one. Repeat it for as long as the worker runs. */
export async function announceStandard({ config, store }: WorkerContext): Promise<void> {
  if (config.webhooks.url !== null) await store.redis.set(store.keys.standardWebhook, '1', 'PX', STANDARD_KEPT_MS);
}

/**
 * The events of these marks. Each goes to the endpoint of its generation, else to that of its batch, else to the default one; without any there is no
 * event. `unnamed`: the marks that name no endpoint, for which only a default one can be meant.
 */
async function eventsOf({ config, store }: WorkerContext, marks: readonly Mark[]): Promise<{ events: ShardEvent[]; unnamed: Mark[] }> {
  const standard = config.webhooks.url?.reveal() ?? null;
  const ids = [...new Set(marks.flatMap(({ read }) => (read?.of === 'generation' ? [read.id] : [])))];
  const wishes = await webhookWishes(store, ids);
  const names = new Set(marks.flatMap(({ read }) => (read?.of === 'batch' ? [read.name] : [])));
  for (const { batch } of wishes) if (batch !== null) names.add(batch);
  const batches = new Map<string, Batch | null>();
  for (const name of names) batches.set(name, await readBatch(store.whole, name));
  const urls = new Map(wishes.map(({ id, webhook, batch }) => [id, webhook ?? batches.get(batch ?? '')?.webhook ?? standard]));
  // Most generations have no endpoint: only those that have one are read.
  const told = ids.filter((id) => (urls.get(id) ?? null) !== null);
  const generations = new Map((await readGenerations(store, told)).flatMap((one) => (one === null ? [] : [[one.id, one] as const])));
  const urlOf = ({ read }: Mark): string | null => {
    if (read?.of === 'generation') return urls.get(read.id) ?? null;
    return batches.get(read?.name ?? '')?.webhook ?? standard;
  };

  const drafts = marks.flatMap((mark): Draft[] => {
    const url = urlOf(mark);
    const { read } = mark;
    if (read === null || url === null) return [];
    if (read.of === 'batch') {
      const batch = batches.get(read.name) ?? null;
      return batch === null ? [] : batchEvents(store, { mark, url }, batch, read.revision);
    }
    const generation = generations.get(read.id);
    return generation === undefined ? [] : [generationEvent(store, { mark, url }, generation, read)];
  });
  // People try their receivers with simulated generations, whose events must not pass for those of real ones.
  const sample = isSimulated(config) ? { simulated: true } : {};
  const events = drafts.map(({ facts, ...event }): ShardEvent => {
    const { type, id, at } = event;
    return { ...event, body: JSON.stringify({ type, id, ...sample, timestamp: new Date(at).toISOString(), ...facts }) };
  });
  return { events, unnamed: marks.filter((mark) => mark.read !== null && urlOf(mark) === null) };
}

/** A mark, and the endpoint that its event goes to. */
interface Addressed {
  mark: Mark;
  url: string;
}

/**
 * The event of a batch, a part of which has come to its end (it has a part in each shard that has generations of it). The last part that ends makes the
 * event, which is kept in the batch's home and has the same id whichever part is the last.
 */
function batchEvents(store: Store, { mark, url }: Addressed, batch: Batch, revision: number): Draft[] {
  // The batch was refused as a whole, and whoever brought it was told that nothing was accepted: there is no end to tell of. Brought again, it has one.
  if (batch.untold >= batch.total && batch.counts.canceled === batch.total) return [];
  const facts = { data: publicBatch(batch) };
  const event = { type: 'batch.finished', subject: subjectOf('batch', batch.name), at: mark.at, url };
  if (store.whole.shards.length === 1 && revision === batch.refused) return [];
  if (store.whole.shards.length === 1) return [{ ...event, id: eventId(store, mark), facts: { revision, ...facts }, shard: store }];
  if (batch.finishedAt === null) return [];
  const home = homeOf(store.whole, batch.name);
  return [{ ...event, id: finishedId(home, batch), facts: { revision: batch.revision, ...facts }, shard: home }];
}

function generationEvent(store: Store, { mark, url }: Addressed, generation: Generation, { state, round }: { state: string; round: number }): Draft {
  const facts = { round, data: withoutNames(publicGeneration(generation)) };
  const event = { type: `generation.${state}`, subject: subjectOf('generation', generation.id), at: mark.at, url };
  return { ...event, id: eventId(store, mark), facts, shard: store };
}

/** With a link in the place of a picture's name, which means something only in the folder. */
function withoutNames(shown: PublicGeneration): PublicGeneration {
  const linkOf = (name: string): string => shown.extras?.find(({ file }) => file === name)?.url ?? name;
  const videos = shown.videos.map((video) => (video.thumbnailUrl === undefined ? video : { ...video, thumbnailUrl: linkOf(video.thumbnailUrl) }));
  return { ...shown, videos };
}
