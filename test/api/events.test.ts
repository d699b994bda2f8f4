/** A batch followed by Server-Sent Events. */
import { request as openRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { cancelGeneration, createLog, type EventFeed, lastEventId, readEvents, type Store } from '@dailies/queue';
import express from 'express';
import { type EventStreamOptions, streamEvents } from '../../apps/producer/src/api/batches/event-stream.ts';
import { connectionPrefix } from '../../packages/queue/src/redis/connection.ts';
import { openApi, type TestApi } from '../support/api.ts';
import { listening } from '../support/listening.ts';

interface Told {
  event: string;
  id: string;
  data: { id: string; from?: string; to?: string; counts?: Record<string, number> };
}

test('counts come first, then every transition; who comes back with Last-Event-ID gets what it missed, in order and once', async () => {
  const api = await openApi();
  await makeBatch(api, 6);
  const reader = await follow(api, 'seen');
  expect(await reader.next()).toMatchObject({ event: 'counts', data: { counts: { queued: 6 } } });
  await cancel(api, ['seen-0', 'seen-1']);
  const first = await reader.transitions(2);
  expect(first.map(({ data }) => data)).toMatchObject([{ id: 'seen-0', from: 'queued', to: 'canceled' }, { id: 'seen-1' }]);
  reader.close();

  await cancel(api, ['seen-2', 'seen-3']);
  const again = await follow(api, 'seen', first[0]?.id);
  await again.until(({ event }) => event === 'counts');
  await cancel(api, ['seen-4', 'seen-5']);
  const rest = await again.transitions(5);
  expect(rest.map(({ data }) => data.id)).toEqual(['seen-1', 'seen-2', 'seen-3', 'seen-4', 'seen-5']);
  expect(await again.until(({ event }) => event === 'finished')).toMatchObject({ data: { counts: { canceled: 6 } } });
});

test('who was told the counts before anything had ever happened gets what it missed, too', async () => {
  const api = await openApi();
  await makeBatch(api, 2);
  const reader = await follow(api, 'seen');
  const { id } = await reader.next();
  reader.close();
  await cancel(api, ['seen-0', 'seen-1']);
  const again = await follow(api, 'seen', id);
  expect([await again.next(), await again.next()]).toMatchObject([{ event: 'transition', data: { id: 'seen-0' } }, { event: 'transition', data: { id: 'seen-1' } }]);
});

test('who missed what is no longer kept is told so, and gets the counts anew', async () => {
  const api = await openApi();
  await makeBatch(api, 3);
  const reader = await follow(api, 'seen');
  await reader.next();
  await cancel(api, ['seen-0']);
  const [before] = await reader.transitions(1);
  reader.close();
  await cancel(api, ['seen-1', 'seen-2']);
  for (const { redis, keys } of api.store.shards) await redis.xtrim(keys.events, 'MAXLEN', 1);
  const again = await follow(api, 'seen', before?.id);
  expect(await again.next()).toMatchObject({ event: 'missed', data: { counts: { canceled: 3 } } });
});

test('who asks for the head alone gets it at once, and its connection is free for the next request', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const ask = (line: string) => socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  ask('HEAD /v1/batches/seen/events');
  ask('GET /healthz');
  let told = '';
  for await (const text of socket.setEncoding('utf8')) if ((told += String(text)).includes('{"status":"ok"}')) break;
  expect(told).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-type: text\/event-stream\r\n[^]*HTTP\/1.1 200 OK\r\n/i);
});

test('a hundred readers share one connection to Redis, and what others cause is told to none of them', async () => {
  const api = await openApi();
  await makeBatch(api, 2);
  await api.ask('POST', '/v1/batches', { batch: 'other', items: [{ provider: 'luma', prompt: 'x', id: 'other-0' }] });
  const before = await connections(api);
  expect(before).toBeGreaterThan(0);
  const readers = await Promise.all(Array.from({ length: 100 }, () => follow(api, 'seen')));
  await Promise.all(readers.map((reader) => reader.next()));
  expect((await connections(api)) - before).toBeLessThanOrEqual(1);
  await cancel(api, ['other-0', 'seen-0']);
  const told = await Promise.all(readers.map((reader) => reader.transitions(1)));
  expect(new Set(told.map(([one]) => one?.data.id))).toEqual(new Set(['seen-0']));
});

test('with ?until=finished the stream ends by itself; a finished batch tells so at once', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const reader = await follow(api, 'seen', undefined, '?until=finished');
  await reader.next();
  await cancel(api, ['seen-0']);
  await reader.ended;
  const text = await (await fetch(`${api.url}/v1/batches/seen/events?until=finished`)).text();
  expect(text).toMatch(/^retry: \d+\n\nevent: counts\n[^]*event: finished\n/);
});

test('a batch that is finished sooner than the feed has brought its last transitions is told with them all', async () => {
  const api = await openApi();
  await makeBatch(api, 3);
  const listeners: Listener[] = [];
  const url = await serve(api, { listen: (listener) => Promise.resolve(listeners.push(listener)).then(() => () => undefined) }, { untilFinished: true });
  const response = await fetch(url);
  await expect.poll(() => listeners.length).toBe(1);

  const brought = await transitionsOf(api, () => cancel(api, ['seen-0']));
  await cancel(api, ['seen-1', 'seen-2']);
  for (const listener of listeners) listener.events(brought);

  const told = [...(await response.text()).matchAll(/^event: (?:transition|finished)\nid: .*\ndata: {"id":"([^"]+)"/gm)].map(([, id]) => id);
  expect(told).toEqual(['seen-0', 'seen-1', 'seen-2', 'seen']);
});

test('what ends a batch while its counts are read is followed by the counts of then', async () => {
  const api = await openApi();
  await makeBatch(api, 2);
  const listeners: Listener[] = [];
  const reading = holdAnswers(api.store);
  const feed = { listen: (listener: Listener) => Promise.resolve(listeners.push(listener)).then(() => () => undefined) };
  const response = await fetch(await serve({ ...api, store: reading.store }, feed, { untilFinished: true }));
  const bring = async (id: string): Promise<void> => {
    const events = await transitionsOf(api, () => cancel(api, [id]));
    for (const listener of listeners) listener.events(events);
  };
  // Those of the beginning, and those that follow.
  await expect.poll(reading.answered).toBe(2);
  reading.hold();
  await bring('seen-0');
  await expect.poll(reading.held).toBe(1);
  await bring('seen-1');
  reading.release();
  expect(await response.text()).toMatch(/"canceled":1[^]*"canceled":2[^]*event: finished\n/);
});

test('what a reader missed is told whole, though it is more than is kept for one that does not read', async () => {
  const api = await openApi();
  await makeBatch(api, 2);
  await cancel(api, ['seen-0']);
  const { store } = api;
  const before = await lastEventId(store);
  const pipeline = store.redis.pipeline();
  for (let at = 0; at < 9_000; at += 1)
    pipeline.xadd(
      store.keys.events,
      '*',
      'id',
      `boat-${at}`,
      'from', 'rendering', 'to', 'overdue', 'seq', '1', 'provider', 'luma', 'batch', 'seen', 'note', 'as long as a reason may be',
    );
  await pipeline.exec();
  const reader = await follow(api, 'seen', before);
  const told = await reader.transitions(9_000);
  expect(told.at(-1)?.data.id).toBe('boat-8999');
  expect(await reader.next()).toMatchObject({ event: 'counts' });
});

test('a reader that is gone before it is listened for leaves nothing behind', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const asked = new EventTarget();
  const stop = vi.fn<() => void>();
  let streaming: Promise<void> | undefined;
  const url = await serve(
    api,
    { listen: async () => once(asked, 'gone').then(() => stop) },
    {},
    (response, stream) => {
      streaming = stream;
      response.once('close', () => asked.dispatchEvent(new Event('gone')));
      asked.dispatchEvent(new Event('asked'));
    },
  );
  const isAsked = once(asked, 'asked');
  const reader = openRequest(url, { agent: false });
  reader.on('error', () => undefined).end();
  await isAsked;
  reader.destroy();
  await streaming;
  expect(stop).toHaveBeenCalledOnce();
});

test('one that does not take its end is not written to any more', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const listeners: Listener[] = [];
  const errors: Error[] = [];
  let sent: ServerResponse | undefined;
  const url = await serve(
    api,
    { listen: (listener) => Promise.resolve(listeners.push(listener)).then(() => () => undefined) },
    { untilFinished: true, heartbeatMs: 5, mostBufferedBytes: 1e9 },
    (response) => {
      sent = response.on('error', (error) => errors.push(error));
    },
  );
  const asked = openRequest(url, { agent: false });
  asked.end();
  const [reader] = (await once(asked, 'response')) as [IncomingMessage];
  reader.pause();
  const [event] = await transitionsOf(api, () => cancel(api, ['seen-0']));
  if (event === undefined) throw new Error('nothing was told');
  // More than the buffers of the sockets take.
  const long = Array.from({ length: 200 }, (_, at) => ({ ...event, streamId: `${event.time - 1_000 + at}-0`, note: 'x'.repeat(60_000) }));
  for (const listener of listeners) listener.events([...long, event]);
  await expect.poll(() => sent?.writableEnded).toBe(true);
  await rest(50);
  reader.resume();
  await once(reader, 'end');
  expect(errors).toEqual([]);
});

test('a reader that does not read is cut off, and the others go on', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const lazy = await follow(api, 'seen');
  await lazy.next();
  lazy.pause();
  const eager = await follow(api, 'seen');
  await eager.next();
  // Notes as long as an upstream's reason: the sockets' own buffers take some megabytes before ours grows.
  const note = 'x'.repeat(60_000);
  const { store } = api;
  for (let round = 0; round < 30; round += 1) {
    const pipeline = store.redis.pipeline();
    for (let at = 0; at < 10; at += 1)
      pipeline.xadd(
        store.keys.events,
        '*', 'id', 'seen-0', 'from', 'rendering', 'to', 'overdue', 'seq', '1', 'provider', 'luma', 'batch', 'seen', 'note', note,
      );
    await pipeline.exec();
    await eager.transitions(10);
  }
  // What was on the way is read, and then nothing comes but the end.
  lazy.resume();
  await lazy.ended;
  expect(eager.isOpen()).toBe(true);
});

test('no such batch is 404, a false Last-Event-ID 400, and a stop of the API ends the streams', async () => {
  const api = await openApi();
  expect((await api.ask('GET', '/v1/batches/nobody/events')).status).toBe(404);
  await makeBatch(api, 1);
  expect((await api.ask('GET', '/v1/batches/seen/events', undefined, { 'last-event-id': 'x' })).body).toMatchObject({ status: 400, code: 'bad-last-event-id' });
  const reader = await follow(api, 'seen');
  await reader.next();
  await api.service.stop(5_000);
  await reader.ended;
});

test('a stop of the API that begins before a reader is listened for ends its stream, too', async () => {
  const api = await openApi();
  await makeBatch(api, 1);
  const stop = new AbortController();
  const listen = (): Promise<() => void> => {
    stop.abort();
    return Promise.resolve(() => undefined);
  };
  const response = await fetch(await serve(api, { listen }, { stopping: stop.signal }));
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await response.text()).toMatch(/^retry: /);
});

type Listener = Parameters<EventFeed['listen']>[0];

/** Streams of the batch `seen` with a feed of the test's own. `opened`: at each reader. Answers where. */
async function serve(
  api: TestApi,
  feed: Pick<EventFeed, 'listen'>,
  { stopping = new AbortController().signal, ...options }: Partial<EventStreamOptions> & { stopping?: AbortSignal },
  opened?: (response: ServerResponse, stream: Promise<void>) => void,
): Promise<string> {
  const log = createLog({ level: 'silent', name: 'test' });
  const application = express().get('/', (_request, response) => {
    const stream = streamEvents({ desk: api, feed: { ...feed, close: () => undefined }, log, stopping }, response, 'seen', {
      after: null,
      untilFinished: false,
      ...options,
    });
    opened?.(response, stream);
    return stream;
  });
  return listening(application);
}

/** What is read of it in one step arrives, once `hold` was said, no sooner than at `release`: as from a shard that is slow to answer. */
function holdAnswers(store: Store) {
  const gate = new EventTarget();
  let isHolding = false;
  let answered = 0;
  let held = 0;
  const shards = store.shards.map((shard) => ({
    ...shard,
    redis: new Proxy(shard.redis, {
      get(redis, name) {
        if (name !== 'multi') return Reflect.get(redis, name) as unknown;
        return () => {
          const together = redis.multi();
          const exec = together.exec.bind(together);
          together.exec = async () => {
            const answers = await exec();
            if (isHolding) {
              held += 1;
              await once(gate, 'release');
            }
            answered += 1;
            return answers;
          };
          return together;
        };
      },
    }),
  }));
  return {
    store: { ...store, shards },
    hold: () => void (isHolding = true),
    /** How many readings were answered whole, and how many are held. */
    answered: () => answered / shards.length,
    held: () => held / shards.length,
    release() {
      isHolding = false;
      gate.dispatchEvent(new Event('release'));
    },
  };
}

async function transitionsOf({ redis, store }: TestApi, work: () => Promise<void>) {
  const before = await lastEventId(store);
  await work();
  return readEvents(redis, store, before, null);
}

async function makeBatch({ ask }: TestApi, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, at) => ({ provider: 'luma', prompt: `boat ${at}`, id: `seen-${at}` }));
  expect((await ask('POST', '/v1/batches', { batch: 'seen', items })).status).toBe(202);
}

async function cancel(api: TestApi, ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await cancelGeneration(api, id)).outcome).toBe('canceled');
}

/** Of this process only: other test files share the Redis. On a Cluster, at the node that has most of them. */
async function connections({ redis }: TestApi): Promise<number> {
  const nodes = redis instanceof Cluster ? redis.nodes() : [redis];
  const lists = await Promise.all(nodes.map((node) => node.client('LIST')));
  return Math.max(...lists.map((list) => String(list).split(` name=${connectionPrefix(process.pid)}`).length - 1));
}

async function follow({ url }: TestApi, batch: string, after?: string, query = '') {
  const asked = openRequest(`${url}/v1/batches/${batch}/events${query}`, { agent: false, headers: after === undefined ? {} : { 'Last-Event-ID': after } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.headers['content-type']).toBe('text/event-stream');
  onTestFinished(() => void response.destroy());
  const ended = new Promise<void>((resolve) => void response.once('close', resolve));
  const told: Told[] = [];
  const changed = new EventTarget();
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', id = '', data = ''] = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== '') told.push({ event, id, data: JSON.parse(data) as Told['data'] });
    }
    changed.dispatchEvent(new Event('told'));
  });
  response.on('error', () => undefined);
  async function next(): Promise<Told> {
    for (;;) {
      const first = told.shift();
      if (first !== undefined) return first;
      await once(changed, 'told');
    }
  }
  async function until(wanted: (one: Told) => boolean): Promise<Told> {
    for (;;) {
      const one = await next();
      if (one.event === 'transition') kept.push(one);
      if (wanted(one)) return one;
    }
  }
  const kept: Told[] = [];
  return {
    next,
    until,
    ended,
    async transitions(count: number): Promise<Told[]> {
      const found = kept.splice(0);
      while (found.length < count) {
        const one = await next();
        if (one.event === 'transition') found.push(one);
      }
      return found;
    },
    close: () => response.destroy(),
    pause: () => response.pause(),
    resume: () => response.resume(),
    isOpen: () => !response.destroyed,
  };
}
