import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../provider-error.ts';
import { hailuo } from '../hailuo/provider.ts';
import { luma } from '../luma/provider.ts';
import { pika } from '../pika/provider.ts';
import { access, answer, errorOf, findCall, NONCE, scriptedHttp, SENT_AT, submitCall } from '../testing/calls.ts';

const ID = '05aff65c-5e84-442b-8e29-3a5d27130840';
const request = hailuo.request.parse({ prompt: 'Internal heat' });
const INERT = 'https://api.acedata.cloud/health';

describe('a submit', () => {
  it('is asynchronous, and carries the nonce twice', async () => {
    const http = scriptedHttp(answer(200, { task_id: ID }));
    expect(await hailuo.submit(request, submitCall(http, { inertCallback: INERT }))).toEqual({ task: { id: ID } });
    const [asked] = http.asked;
    expect(asked).toMatchObject({ paid: true, method: 'POST', url: 'https://upstream.example/hailuo/videos' });
    expect(JSON.parse(asked?.body ?? '')).toEqual({
      action: 'generate',
      model: 'minimax-t2v',
      prompt: 'Internal heat',
      async: true,
      trace_id: NONCE,
      callback_url: `${INERT}?nonce=${NONCE}`,
    });
  });

  it('prefers our own callback URL, and leaves one that has the nonce as it is', async () => {
    const http = scriptedHttp(answer(200, { task_id: ID }));
    const callbackUrl = `https://us.example/v1/callbacks/hailuo/g1/${NONCE}`;
    await hailuo.submit(request, submitCall(http, { inertCallback: INERT, callbackUrl }));
    expect(JSON.parse(http.asked[0]?.body ?? '')).toMatchObject({ callback_url: callbackUrl });
  });

  it('sends no callback URL when there is none', async () => {
    const http = scriptedHttp(answer(200, { success: true, task_id: ID }));
    await hailuo.submit(request, submitCall(http));
    expect(JSON.parse(http.asked[0]?.body ?? '')).not.toHaveProperty('callback_url');
  });

  it('adopts a result that comes at once', async () => {
    const body = { success: true, task_id: ID, trace_id: 't', data: [{ id: 'video', video_url: 'https://cdn/v.mp4', state: 'succeeded' }] };
    expect(await hailuo.submit(request, submitCall(scriptedHttp(answer(200, body))))).toEqual({
      task: { id: ID },
      done: { state: 'succeeded', assets: [{ kind: 'video', url: 'https://cdn/v.mp4' }] },
    });
  });

  it('keeps a task id that comes with a failure, or with a 504, and leaves it to a poll what became of it', async () => {
    const failure = { success: false, task_id: ID, error: { code: 'api_error', message: { message: 'content violation' } } };
    const timeout = { task_id: ID, error: { code: 'timeout', message: 'The request timed out.' } };
    for (const given of [answer(200, failure), answer(500, failure), answer(504, timeout), answer(504, { task_id: ID })]) {
      expect(await hailuo.submit(request, submitCall(scriptedHttp(given)))).toEqual({ task: { id: ID } });
    }
  });

  it.each<[number, string, ErrorKind]>([
    [400, 'bad_request', 'rejected'],
    [400, 'token_mismatched', 'delisted'],
    [401, 'token_mismatched', 'delisted'],
    [400, 'api_not_implemented', 'rejected'],
    [400, 'no_token', 'auth'],
    [400, 'disabled', 'delisted'],
    [403, 'disabled', 'delisted'],
    [403, 'not_applied', 'delisted'],
    [400, 'not_applied', 'delisted'],
    [401, 'invalid_token', 'auth'],
    [401, 'token_expired', 'auth'],
    [403, 'used_up', 'quota'],
    [403, 'forbidden', 'moderated'],
    [403, 'something_new', 'moderated'],
    [404, 'no_api', 'configuration'],
    [429, 'too_many_requests', 'rate'],
    [429, 'rate_limited', 'slots'],
    [500, 'api_error', 'ambiguous'],
    [504, 'timeout', 'ambiguous'],
    [200, 'used_up', 'quota'],
    [200, 'something_new', 'ambiguous'],
    [400, 'duplication', 'rejected'],
    [413, 'content_too_large', 'rejected'],
    [409, 'duplication', 'ambiguous'],
  ])('answered with %i %s is %s', async (status, code, kind) => {
    const bodies = [{ error: { code, message: 'why' }, trace_id: 't-1' }, { success: false, error: { code, message: 'why' }, trace_id: 't-1' }];
    for (const body of bodies) {
      const error = await errorOf(hailuo.submit(request, submitCall(scriptedHttp(answer(status, body, { 'retry-after': '3' })))));
      expect(error).toMatchObject({ kind, code, status, requestId: 't-1', retryAfterMs: 3000 });
      expect(error.message).toContain('why');
    }
  });

  it('pauses the account for its balance and the provider for an API that was not bought', async () => {
    const scope = async (code: string) => (await errorOf(hailuo.submit(request, submitCall(scriptedHttp(answer(403, { error: { code } })))))).pauses;
    expect([await scope('used_up'), await scope('disabled')]).toEqual(['account', 'provider']);
  });

  it('takes Pika for withdrawn, not the prompt for wrong', async () => {
    const asked = pika.request.parse({ prompt: 'moving' });
    for (const code of ['no_api', 'api_not_implemented']) {
      expect((await errorOf(pika.submit(asked, submitCall(scriptedHttp(answer(400, { error: { code } })))))).kind).toBe('delisted');
    }
  });
});

describe('a poll', () => {
  it('asks for one task by id', async () => {
    const http = scriptedHttp(answer(200, { id: ID, response: null }));
    expect(await luma.poll({ id: ID }, { access, http })).toEqual({ state: 'pending', phase: 'queued' });
    const body = `{"action":"retrieve","id":"${ID}"}`;
    expect(http.asked[0]).toMatchObject({ paid: false, method: 'POST', url: 'https://upstream.example/luma/tasks', body });
  });

  it("reads Luma's flat result with its measures", async () => {
    const film = { video_url: 'https://c/v.mp4', video_width: 1552, video_height: 656 };
    const thumbnail = { thumbnail_url: 'https://c/t.jpg', thumbnail_width: 1552, thumbnail_height: 656 };
    const response = { state: 'completed', success: true, task_id: ID, ...film, ...thumbnail };
    expect(await luma.poll({ id: ID }, { access, http: scriptedHttp(answer(200, { id: ID, response })) })).toEqual({
      state: 'succeeded',
      assets: [
        { kind: 'video', url: 'https://c/v.mp4', width: 1552, height: 656 },
        { kind: 'thumbnail', url: 'https://c/t.jpg', width: 1552, height: 656 },
      ],
    });
  });

  it("reads Pika's video, cover and duration", async () => {
    const data = [{ id: 'v', video_url: 'https://c/v.mp4', image_url: 'https://c/t.jpg', duration: 5, state: 'succeeded' }];
    expect(await pika.poll({ id: ID }, { access, http: scriptedHttp(answer(200, { response: { success: true, data } })) })).toEqual({
      state: 'succeeded',
      assets: [
        { kind: 'video', url: 'https://c/v.mp4', durationSeconds: 5 },
        { kind: 'cover', url: 'https://c/t.jpg' },
      ],
    });
  });

  it.each<[string, ReturnType<typeof answer>, ErrorKind]>([
    ['a top-level error', answer(200, { error: { code: 'bad_request', message: 'x' } }), 'protocol'],
    ['an error of the server', answer(500, { error: { code: 'api_error', message: 'x' } }), 'protocol'],
    ['HTML', answer(200, '<html>'), 'protocol'],
    ['moderation of the call', answer(403, { error: { code: 'forbidden' } }), 'protocol'],
    ['a bare 404', answer(404, 'not here'), 'protocol'],
    ['a wrong key', answer(401, { error: { code: 'invalid_token' } }), 'auth'],
    ['a rate limit', answer(429, { error: { code: 'too_many_requests' } }), 'rate'],
    ['another task', answer(200, { id: 'other', response: null }), 'protocol'],
  ])('says nothing about the video when it gets %s', async (_name, given, kind) => {
    expect((await errorOf(hailuo.poll({ id: ID }, { access, http: scriptedHttp(given) }))).kind).toBe(kind);
  });
});

describe('a poll of many', () => {
  const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(8));
  const tasks = ids.map((id) => ({ id }));
  const running = (id: string) => ({ id, response: { success: true, task_id: id } });

  it('asks for them by id, for as many as they are, at the path of its service alone', async () => {
    const http = scriptedHttp(answer(200, { items: ids.map(running), count: 4 }));
    expect([...((await luma.pollMany?.(tasks, { access, http })) ?? new Map<string, unknown>()).keys()]).toEqual(ids);
    expect(http.asked).toMatchObject([{ paid: false, method: 'POST', url: 'https://upstream.example/luma/tasks' }]);
    expect(JSON.parse(http.asked[0]?.body ?? '')).toEqual({ action: 'retrieve_batch', ids, offset: 0, limit: 4 });
  });

  it('reads each record by the rule of a single one, in whatever order, and leaves to a poll alone what is not certain', async () => {
    const [failed = '', video = '', unknown = '', empty = ''] = ids;
    const items = [
      { id: video, response: { success: true, data: [{ id: failed, state: 'succeeded', video_url: 'https://c/v.mp4' }] } },
      { id: unknown, error: { code: 'api_error', message: 'fetch failed' } },
      { id: empty, finished_at: 1, response: { success: true, data: null } },
      { id: failed, response: { success: false, error: { code: 'api_error', message: 'no channel available' } } },
      {},
    ];
    const answers = await hailuo.pollMany?.(tasks, { access, http: scriptedHttp(answer(200, { items, count: 99 })) });
    expect(Object.fromEntries(answers ?? [])).toMatchObject({ [video]: { state: 'succeeded' }, [failed]: { state: 'failed', failure: { unbilled: true } } });
    expect(answers?.size).toBe(2);
  });

  it('leaves a record that comes without its response to a poll alone: the task may have ended', async () => {
    const [bare = '', waiting = ''] = ids;
    const http = scriptedHttp(answer(200, { items: [{ id: bare, created_at: 1, finished_at: null }, { id: waiting, finished_at: null, response: null }] }));
    expect(await luma.pollMany?.(tasks, { access, http })).toEqual(new Map([[waiting, { state: 'pending', phase: 'queued' }]]));
  });

  it('takes the id of the task where a record has no other', async () => {
    const http = scriptedHttp(answer(200, { items: [{ response: { task_id: ids[0] } }] }));
    expect((await pika.pollMany?.(tasks, { access, http }))?.get(ids[0] ?? '')).toEqual({ state: 'pending', phase: 'running' });
  });
});

describe('a look-up', () => {
  const at = SENT_AT / 1000;
  /** A task as the list has it: what the upstream says of it, and what it echoes of its request. */
  const item = (id: string, extra: object = {}, echo: object = {}) => {
    const echoed = { action: 'generate', prompt: 'another', ...echo };
    return { id, created_at: at + 1, request: echoed, ...extra };
  };
  const KNOWN_TO_WORK = { foundBefore: true, nonceSeen: true };
  const list = (...items: object[]) => scriptedHttp(answer(200, { items, count: items.length }), answer(200, { items: [], count: 0 }));
  const find = (http: ReturnType<typeof list>, known = { foundBefore: false, nonceSeen: false }) =>
    hailuo.find?.(request, findCall(http, { inertCallback: INERT, known }));

  it('asks for the tasks around the submit, page by page', async () => {
    const http = list(item('a'));
    await find(http);
    expect(http.asked.map(({ body }) => JSON.parse(body ?? ''))).toMatchObject([
      { action: 'retrieve_batch', type: 'videos', created_at_min: at - 300, created_at_max: at + 300, offset: 0 },
      { offset: 1 },
    ]);
  });

  it('finds ours by the nonce in the callback URL or in the trace id', async () => {
    const found = { task: { id: 'ours' }, by: 'nonce' };
    expect(await find(list(item('a'), item('ours', {}, { callback_url: `${INERT}?nonce=${NONCE}` })))).toEqual(found);
    expect(await find(list(item('a'), item('ours', {}, { trace_id: NONCE })))).toEqual(found);
    expect(await find(list(item('a'), item('ours', { trace_id: NONCE })))).toEqual(found);
  });

  it('does not choose between two', async () => {
    const both = () => list(item('a', { trace_id: NONCE }), item('b', { trace_id: NONCE }));
    expect(await find(both())).toBe('unknown');
    expect(await find(both(), KNOWN_TO_WORK)).toBe('unknown');
  });

  it('says absent only where nonces are echoed', async () => {
    const sibling = item('a', {}, { callback_url: `${INERT}?nonce=other` });
    expect(await find(list(sibling))).toBe('absent');
    expect(await find(list(item('a')))).toBe('unknown');
    expect(await find(list(item('a', {}, { callback_url: 'https://anothers.example/?nonce=other' })))).toBe('unknown');
    expect(await find(list(item('a')), KNOWN_TO_WORK)).toBe('absent');
    expect(await find(list())).toBe('unknown');
    expect(await find(list(), { foundBefore: false, nonceSeen: true })).toBe('unknown');
    expect(await find(list(), KNOWN_TO_WORK)).toBe('absent');
  });

  it('believes in no absence where the clocks are further apart than that, or theirs is not known: the task may be outside of what was asked for', async () => {
    const by = (date: string | undefined) => find(scriptedHttp(answer(200, { items: [] }, { date })), KNOWN_TO_WORK);
    expect(await by(new Date(Date.now() + 200_000).toUTCString())).toBe('absent');
    expect(await by(new Date(Date.now() - 300_000).toUTCString())).toBe('unknown');
    expect(await by(new Date(Date.now() + 300_000).toUTCString())).toBe('unknown');
    expect(await by(undefined)).toBe('unknown');
  });

  it('after a restored backup says absent only where nothing of the lost time has the same prompt, and trusts no match by the request', async () => {
    const call = { inertCallback: INERT, sentUntil: SENT_AT + 3_600_000 };
    const lost = (http: ReturnType<typeof list>, known = KNOWN_TO_WORK) => hailuo.find?.(request, findCall(http, { ...call, known }));
    const http = list(item('a'));
    expect(await lost(http)).toBe('absent');
    expect(JSON.parse(http.asked[0]?.body ?? '')).toMatchObject({ created_at_min: at - 300, created_at_max: at + 3_900 });
    expect(await lost(list(item('ours', { created_at: at + 3_000, trace_id: NONCE })))).toMatchObject({ by: 'nonce' });
    const ofRotatedKey = item('b', { created_at: at + 3_000 }, { prompt: 'Internal heat', trace_id: 'of a key that was rotated' });
    expect(await lost(list(item('a'), ofRotatedKey))).toBe('unknown');
    const ofClockBehind = item('b', { created_at: at - 200 }, { prompt: 'Internal heat', trace_id: 'by a clock that is behind' });
    expect(await lost(list(item('a'), ofClockBehind))).toBe('unknown');
    expect(await lost(list({ id: 'a', created_at: at + 1 }))).toBe('unknown');
    const same = item('b', { request: { prompt: 'Internal heat', model: 'minimax-t2v', action: 'generate' } });
    expect(await lost(list(same), { foundBefore: true, nonceSeen: false })).toBe('unknown');
  });

  it('never takes an empty nonce for a match', async () => {
    const http = list(item('a', {}, { callback_url: `${INERT}?nonce=x` }));
    expect(await hailuo.find?.(request, findCall(http, { inertCallback: INERT, nonce: '' }))).toBe('absent');
  });

  it('finds ours by the nonce although the clock of who sent it was minutes off, and takes nothing of another minute for it by its request', async () => {
    const of = (seconds: number, extra: object) => list(item('a'), item('b', { created_at: at + seconds, ...extra }));
    const ours = { trace_id: NONCE };
    const same = { request: { prompt: 'Internal heat', model: 'minimax-t2v', action: 'generate' } };
    for (const seconds of [-200, 200]) {
      expect(await find(of(seconds, ours), KNOWN_TO_WORK)).toEqual({ task: { id: 'b' }, by: 'nonce' });
      expect(await find(of(seconds, same))).toBe('unknown');
    }
  });

  it('falls back on the same request, when there is exactly one and no nonce anywhere', async () => {
    const same = (id: string) => item(id, { request: { prompt: 'Internal heat', model: 'minimax-t2v', action: 'generate', async: true } });
    expect(await find(list(item('a'), same('b')))).toEqual({ task: { id: 'b' }, by: 'request' });
    expect(await find(list(same('a'), same('b')))).toBe('unknown');
    expect(await find(list({ ...same('b'), created_at: undefined }))).toBe('unknown');
    const endless = scriptedHttp(answer(200, { items: [same('b')] }));
    expect(await find(endless)).toBe('unknown');
  });

  it('sees a list to its end although tasks made meanwhile push seen ones onto the next page', async () => {
    const page = (...items: object[]) => answer(200, { items, count: items.length });
    const seenTwice = scriptedHttp(page(item('a'), item('b')), page(item('b')), page());
    expect(await find(seenTwice, KNOWN_TO_WORK)).toBe('absent');
    const oursBehind = scriptedHttp(page(item('a')), page(item('a'), item('ours', { trace_id: NONCE })), page());
    expect(await find(oursBehind, KNOWN_TO_WORK)).toMatchObject({ task: { id: 'ours' } });
  });

  it('trusts no list that it cannot see to its end, and no task of another time', async () => {
    const page = answer(200, { items: [item('a', {}, { callback_url: INERT })], count: 1 });
    expect(await find(scriptedHttp(page))).toBe('unknown');
    expect(await find(scriptedHttp(answer(200, { nothing: true })))).toBe('unknown');
    expect(await find(list({ ...item('ours', { trace_id: NONCE }), created_at: at - 4000 }))).toBe('unknown');
  });
});

it('takes a typed task id, and refuses what cannot be one', () => {
  expect(hailuo.taskFrom(` ${ID} `, request)).toEqual({ id: ID });
  expect(hailuo.taskKey({ id: ID })).toBe(ID);
  expect(() => hailuo.taskFrom('https://x/y', request)).toThrow('cannot be a task id');
});

describe('a callback', () => {
  it('names a task at its end, and is a hint even when it cannot be read', () => {
    const read = (body: object) => hailuo.readCallback?.(JSON.stringify({ task_id: 'b8170557', ...body }));
    expect(read({ success: true, data: [] })).toEqual({ task: 'b8170557', final: true });
    expect(read({ success: false, error: { code: 'api_error', message: { message: 'x' } } })).toEqual({ task: 'b8170557', final: true });
    for (const garbage of ['', 'null', '<html>', '{"task_id":[]}']) expect(hailuo.readCallback?.(garbage)).toEqual({ task: undefined, final: true });
  });

  it('names a task that counts as ours only when its record shows our nonce', async () => {
    const recognise = (record: object) => hailuo.recognise?.({ id: 'b8170557' }, { ...findCall(scriptedHttp(answer(200, record))) });
    expect(await recognise({ id: 'b8170557', request: { callback_url: `https://us.example/v1/callbacks/hailuo/g1/${NONCE}` } })).toBe('nonce');
    expect(await recognise({ id: 'b8170557', request: { trace_id: NONCE } })).toBe('nonce');
    expect(await recognise({ id: 'b8170557', request: { callback_url: 'https://us.example/v1/callbacks/hailuo/g1/other' } })).toBeNull();
    // One that it does not show (yet) may be ours: nobody has said that it is not.
    expect(await recognise({})).toBe('missing');
  });
});
