import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../provider-error.ts';
import type { Task } from '../provider.ts';
import { access, answer, CLIENT_ID, errorOf, findCall, scriptedHttp, SENT_AT, submitCall } from '../testing/calls.ts';
import { kling } from './provider.ts';

const ID = '867283741759111202';
const PREFIX = 'https://upstream.example/v1/ai/abcEndpoint/kling/videos';
const STORED = `sha256:${'a'.repeat(64)}`;
const text = kling.request.parse({ prompt: 'a dog' });
const turboText = kling.request.parse({ prompt: 'a dog', model: 'kling-3.0-turbo', params: { duration: '7', resolution: '720p' } });
const created = answer(200, { code: 0, message: 'SUCCEED', request_id: 'r', data: { task_id: ID, task_info: {}, task_status: 'submitted', created_at: 1, updated_at: 1 } });
const task: Task = { id: ID, dialect: 'classic', kind: 'text2video', endpointPath: 'abcEndpoint', baseUrl: 'https://upstream.example' };
const turboTask: Task = { ...task, dialect: 'turbo', kind: 'text-to-video/kling-3.0-turbo' };

describe('a submit', () => {
  it('posts text with our id, and remembers where', async () => {
    const http = scriptedHttp(created);
    expect(await kling.submit(text, submitCall(http, { callbackUrl: 'https://us.example/cb' }))).toEqual({ task });
    expect(http.asked[0]).toMatchObject({ paid: true, url: `${PREFIX}/text2video` });
    expect(JSON.parse(http.asked[0]?.body ?? '')).toEqual({
      model_name: 'kling-v1', prompt: 'a dog', duration: '5', mode: 'std', cfg_scale: 0.5, aspect_ratio: '16:9', external_task_id: CLIENT_ID, callback_url: 'https://us.example/cb',
    });
  });

  it('keeps a task id that came as a bare number', async () => {
    const http = scriptedHttp(answer(200, `{"code":0,"data":{"task_id":${ID},"task_status":"submitted"}}`));
    expect((await kling.submit(text, submitCall(http))).task['id']).toBe(ID);
  });

  it('sends stored images as raw Base64', async () => {
    const http = scriptedHttp(created);
    const request = kling.request.parse({ image: STORED, params: { static_mask: STORED, dynamic_masks: [{ mask: STORED, trajectories: [{ x: 1, y: 1 }, { x: 2, y: 2 }] }] } });
    const { task: made } = await kling.submit(request, submitCall(http));
    expect(made['kind']).toBe('image2video');
    expect(http.asked[0]?.url).toBe(`${PREFIX}/image2video`);
    expect(JSON.parse(http.asked[0]?.body ?? '')).toMatchObject({ image: 'AQID', static_mask: 'AQID', dynamic_masks: [{ mask: 'AQID' }] });
  });

  it('sends nothing when an image is unfit or cannot be read', async () => {
    const request = kling.request.parse({ image: STORED });
    const http = scriptedHttp(created);
    const loads = [
      async () => ({ bytes: new Uint8Array(3), contentType: 'image/gif' }),
      async () => ({ bytes: new Uint8Array(10 * 1024 * 1024 + 1), contentType: 'image/png' }),
      () => Promise.reject(new Error('gone')),
    ];
    for (const loadImage of loads) expect((await errorOf(kling.submit(request, submitCall(http, { loadImage })))).kind).toBe('rejected');
    expect(http.asked).toEqual([]);
  });

  it('speaks the new dialect to the new model', async () => {
    const http = scriptedHttp(answer(200, { code: 0, message: 'SUCCEED', data: { id: '901930004609634393', status: 'submitted', message: '', create_time: 1, update_time: 1 } }));
    expect(await kling.submit(turboText, submitCall(http))).toEqual({ task: { ...turboTask, id: '901930004609634393' } });
    expect(http.asked[0]?.url).toBe(`${PREFIX}/text-to-video/kling-3.0-turbo`);
    expect(JSON.parse(http.asked[0]?.body ?? '')).toEqual({ prompt: 'a dog', settings: { resolution: '720p', duration: 7 }, options: { external_task_id: CLIENT_ID } });
  });

  it('needs an endpoint path', async () => {
    const error = await errorOf(kling.submit(text, submitCall(scriptedHttp(created), { access: { ...access, endpointPath: undefined } })));
    expect(error).toMatchObject({ kind: 'configuration', message: expect.stringContaining('KLING_ENDPOINT_PATH') as string });
  });

  it.each<[number, number, ErrorKind, 'account' | 'provider' | undefined]>([
    [401, 1000, 'auth', 'account'],
    [401, 1001, 'auth', 'account'],
    [401, 1002, 'auth', 'account'],
    [401, 1003, 'auth', 'account'],
    [401, 1004, 'auth', 'account'],
    [429, 1100, 'auth', 'account'],
    [429, 1101, 'quota', 'account'],
    [429, 1102, 'quota', 'account'],
    [403, 1103, 'rejected', undefined],
    [400, 1200, 'rejected', undefined],
    [400, 1201, 'rejected', undefined],
    [404, 1202, 'configuration', 'provider'],
    [404, 1203, 'rejected', undefined],
    [400, 1300, 'moderated', undefined],
    [400, 1301, 'moderated', undefined],
    [429, 1302, 'rate', undefined],
    [429, 1303, 'slots', undefined],
    [429, 1304, 'ip', 'account'],
    [500, 5000, 'ambiguous', undefined],
    [503, 5001, 'ambiguous', undefined],
    [504, 5002, 'ambiguous', undefined],
    [200, 1303, 'slots', undefined],
    [200, 5000, 'ambiguous', undefined],
    [200, 1999, 'rejected', undefined],
    [200, 7777, 'ambiguous', undefined],
    [429, 7777, 'rate', undefined],
  ])('answered with %i and code %i is %s', async (status, code, kind, pauses) => {
    const bodies = [{ code, message: 'why', request_id: 'r-1' }, { error: { code: String(code), message: 'why' }, request_id: 'r-1' }];
    for (const body of bodies) {
      const error = await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(status, body)))));
      expect(error).toMatchObject({ kind, status, code: String(code), requestId: 'r-1', pauses });
      expect(error.message).toContain('why');
    }
  });

  it('takes "this external_task_id exists" for a question, since the task of that id is ours', async () => {
    const body = { code: 1201, message: 'external_task_id already exists' };
    expect((await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(400, body)))))).kind).toBe('ambiguous');
  });

  it.each<[number, unknown, ErrorKind]>([
    [400, { error: { code: '400', message: 'bad request' } }, 'rejected'],
    [400, { error: { code: 'NO_PROVIDER_ERROR', message: 'x' } }, 'configuration'],
    [400, { error: { message: 'failed: NO_BALANCER_ERROR' } }, 'configuration'],
    [400, { message: 'MODEL_TYPE_NOT_FOUND' }, 'configuration'],
    [400, { msg: 'AI_PASSAGEWAY_GROUP_IS_EMPTY_ERROR' }, 'configuration'],
    [400, { error: { message: 'NO_PASSAGEWAY' } }, 'configuration'],
    [400, { error: { message: 'NO_ENDPOINT' } }, 'configuration'],
    [400, { error: { message: 'AI_IMAGE_QUALITY_ERROR' } }, 'rejected'],
    [400, { error: { message: 'AI_IMAGE_SIZE_ERROR' } }, 'rejected'],
    [400, { error: { message: 'The response was filtered' } }, 'moderated'],
    [401, { error: { message: 'bad key' } }, 'auth'],
    [403, { error: { message: 'not allowed' } }, 'ip'],
    [403, '<html>403</html>', 'ip'],
    [404, { error: { message: 'no such model type' } }, 'configuration'],
    [404, '<html>', 'configuration'],
    [409, { error: { message: 'conflict' } }, 'ambiguous'],
    [429, { error: { message: 'slow' } }, 'rate'],
    [429, '<html>', 'rate'],
    [500, { error: { message: 'x' } }, 'ambiguous'],
    [503, '<html>', 'ambiguous'],
    [504, '', 'ambiguous'],
    [200, '<html>', 'ambiguous'],
    [200, {}, 'ambiguous'],
    [200, { code: 0, message: 'SUCCEED' }, 'ambiguous'],
    [200, { code: 0, data: { task_status: 'submitted' } }, 'ambiguous'],
  ])("the gateway's %i %o is %s", async (status, body, kind) => {
    expect((await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(status, body)))))).kind).toBe(kind);
  });
});

describe('a poll', () => {
  const poll = (body: unknown, of = task, status = 200) => kling.poll(of, { access, http: scriptedHttp(answer(status, body)) });

  it('asks under the path that made the task, whatever is configured now', async () => {
    const http = scriptedHttp(answer(200, { code: 0, data: { task_id: ID, task_status: 'submitted' } }));
    await kling.poll({ ...task, kind: 'image2video' }, { access: { ...access, endpointPath: 'other' }, http });
    expect(http.asked[0]).toMatchObject({ paid: false, method: 'GET', url: `${PREFIX}/image2video/${ID}` });
  });

  it('does not send the key of one origin to another', async () => {
    const http = scriptedHttp(created);
    const error = await errorOf(kling.poll(task, { access: { ...access, baseUrl: 'https://elsewhere.example' }, http }));
    expect(error.kind).toBe('configuration');
    expect(http.asked).toEqual([]);
  });

  const video = { id: 'v', url: 'https://p1.example/v.mp4', duration: '5.1' };
  it.each<[object, object]>([
    [{ task_id: ID, task_status: 'submitted' }, { state: 'pending', phase: 'queued' }],
    [{ task_id: ID, task_status: 'processing', task_status_msg: '', task_info: {}, task_result: {} }, { state: 'pending', phase: 'running' }],
    [{ task_id: ID, task_status: 'thinking' }, { state: 'pending', phase: 'running', note: 'unknown status "thinking"' }],
    [{ task_id: ID, task_status: 'succeed', created_at: 1_722_769_557_708, updated_at: 1_722_769_680_000, task_result: { videos: [video] } }, { state: 'succeeded', assets: [{ kind: 'video', url: video.url, durationSeconds: 5.1 }], tookMs: 122_292 }],
    [{ task_id: ID, task_status: 'succeed', task_result: { videos: [video] } }, { state: 'succeeded', assets: [{ kind: 'video', url: video.url, durationSeconds: 5.1 }] }],
    [
      { task_id: ID, task_status: 'succeed', task_result: { videos: [{ ...video, watermark_url: 'https://p1.example/w.mp4' }, { url: 'https://p1.example/2.mp4' }] } },
      {
        state: 'succeeded',
        assets: [
          { kind: 'video', url: video.url, durationSeconds: 5.1 },
          { kind: 'video', url: 'https://p1.example/2.mp4' },
          { kind: 'other', url: 'https://p1.example/w.mp4', durationSeconds: 5.1 },
        ],
      },
    ],
    [{ task_status: 'succeed', task_result: { videos: [] } }, { state: 'doubtful', failure: { kind: 'no_output', message: expect.any(String) as string, retryable: false } }],
    [{ task_status: 'failed', task_status_msg: 'Image pixel is invalid', task_result: {}, task_info: {} }, { state: 'failed', failure: { kind: 'upstream', message: 'Image pixel is invalid', retryable: false } }],
  ])('reads the older dialect: %o', async (data, progress) => {
    expect(await poll({ code: 0, message: 'SUCCEED', data })).toEqual(progress);
  });

  it.each<[object, object]>([
    [{ id: ID, status: 'submitted' }, { state: 'pending', phase: 'queued' }],
    [{ id: ID, status: 'processing' }, { state: 'pending', phase: 'running' }],
    [{ id: ID, status: 'succeeded', create_time: 1_781_080_778_802, update_time: 1_781_080_794_151, outputs: [{ url: 'https://p1.example/v.mp4' }] }, { state: 'succeeded', tookMs: 15_349 }],
    [{ id: ID, status: 'succeeded', outputs: [{ url: 'https://p1.example/v.mp4', duration: '7' }] }, { state: 'succeeded', assets: [{ kind: 'video', url: 'https://p1.example/v.mp4', durationSeconds: 7 }] }],
    [{ id: ID, status: 'succeeded', outputs: [] }, { state: 'doubtful' }],
    [{ id: ID, status: 'failed', message: 'no' }, { state: 'failed', failure: { message: 'no' } }],
    // The older dialect's keys mean nothing here.
    [{ id: ID, task_status: 'succeed', task_result: { videos: [video] } }, { state: 'pending' }],
  ])('reads the newer dialect: %o', async (data, progress) => {
    expect(await poll({ code: 0, message: 'SUCCEED', data }, turboTask)).toMatchObject(progress);
  });

  it('takes a link that is both the video and its copy for the video', async () => {
    const same = { ...video, watermark_url: video.url };
    expect(await poll({ code: 0, data: { task_id: ID, task_status: 'succeed', task_result: { videos: [same] } } })).toEqual({ state: 'succeeded', assets: [{ kind: 'video', url: video.url, durationSeconds: 5.1 }] });
  });

  describe('in the newer dialect', () => {
    const shown = { id: ID, status: 'processing' };
    const no = answer(404, { code: 1203, message: 'no' });
    const unknownWay = answer(404, { code: 1202, message: 'method invalid' });
    const empty = answer(200, { code: 0, data: [] });
    const ask = (http: ReturnType<typeof scriptedHttp>) => kling.poll(turboTask, { access, http });

    it('asks as at Kling itself, and where the gateway does not know that, under the path that made the task', async () => {
      const running = { state: 'pending', phase: 'running' };
      const asIs = scriptedHttp(answer(200, { code: 0, data: [{ id: 'another', status: 'failed' }, shown] }));
      expect(await ask(asIs)).toEqual(running);
      expect(asIs.asked.map(({ url }) => url)).toEqual([`https://upstream.example/v1/ai/abcEndpoint/kling/tasks?task_ids=${ID}`]);
      const page = answer(200, { code: 0, data: { tasks: [], next_cursor: '' } });
      for (const unread of [unknownWay, answer(404, '<html>'), answer(200, '<html>'), no, empty, page, answer(200, { code: 0, data: [{ id: 'another', status: 'failed' }] })]) {
        const byPath = scriptedHttp(unread, answer(200, { code: 0, data: shown }));
        expect(await ask(byPath)).toEqual(running);
        expect(byPath.asked[1]?.url).toBe(`${PREFIX}/text-to-video/kling-3.0-turbo/${ID}`);
      }
    });

    it('holds nobody and calls nothing missing for a way that the gateway does not know', async () => {
      for (const [one, other] of [[unknownWay, no], [unknownWay, empty], [empty, unknownWay], [no, answer(404, '<html>')], [empty, empty]] as const) {
        const { kind } = await errorOf(ask(scriptedHttp(one, other)));
        expect(kind).toBe('protocol');
      }
      expect((await errorOf(ask(scriptedHttp(unknownWay, unknownWay)))).kind).toBe('configuration');
      expect(await ask(scriptedHttp(empty, no))).toEqual({ state: 'missing' });
      expect(await ask(scriptedHttp(no, no))).toEqual({ state: 'missing' });
    });

    it('asks once where the other way would meet the same', async () => {
      for (const given of [answer(503, '<html>'), answer(401, { code: 1000, message: 'x' }), answer(429, { code: 1302, message: 'x' })]) {
        const http = scriptedHttp(given);
        await errorOf(ask(http));
        expect(http.asked).toHaveLength(1);
      }
    });
  });

  it("calls a task missing by Kling's own word only", async () => {
    expect(await poll({ code: 1203, message: 'not found' }, task, 404)).toEqual({ state: 'missing' });
    expect(await poll({ code: 1203, message: 'not found' }, task, 200)).toEqual({ state: 'missing' });
    expect((await errorOf(poll('<html>', task, 404))).kind).toBe('protocol');
    expect((await errorOf(poll({ message: 'not found' }, task, 404))).kind).toBe('protocol');
  });

  it.each<[number, unknown, ErrorKind]>([
    [200, { code: 1303, message: 'x' }, 'slots'],
    [200, { code: 1201, message: 'x' }, 'protocol'],
    [500, { code: 5000, message: 'x' }, 'protocol'],
    [401, { code: 1000, message: 'x' }, 'auth'],
    [403, '<html>', 'ip'],
    [429, '<html>', 'rate'],
    [200, {}, 'protocol'],
    [200, { code: 0 }, 'protocol'],
    [200, { code: 0, data: { task_id: '1', task_status: 'failed' } }, 'protocol'],
    [200, '{"code":0,"data":{"task', 'protocol'],
  ])('says nothing about the video with %i %o', async (status, body, kind) => {
    expect((await errorOf(poll(body, task, status))).kind).toBe(kind);
  });
});

describe('a poll of many', () => {
  const other = '867283741759111203';

  it('reads the newest of the list of their route, long ids without quotes included', async () => {
    const list = `{"code":0,"message":"SUCCEED","data":[{"task_id":${other},"task_status":"processing"},{"task_id":"1","task_status":"failed"},{"task_id":${ID},"task_status":"submitted"}]}`;
    const http = scriptedHttp(answer(200, list));
    const answers = await kling.pollMany?.([task, { ...task, id: other }], { access, http });
    expect(http.asked).toMatchObject([{ method: 'GET', url: `${PREFIX}/text2video?pageNum=1&pageSize=30`, paid: false }]);
    expect(answers).toEqual(new Map([[other, { state: 'pending', phase: 'running' }], [ID, { state: 'pending', phase: 'queued' }]]));
  });

  it('asks in the newer dialect by their ids', async () => {
    const http = scriptedHttp(answer(200, { code: 0, data: [{ id: ID, status: 'succeeded', outputs: [{ type: 'video', url: 'https://p1.example/v.mp4' }] }] }));
    const answers = await kling.pollMany?.([turboTask, { ...turboTask, id: other }], { access, http });
    expect(http.asked[0]?.url).toBe(`https://upstream.example/v1/ai/abcEndpoint/kling/tasks?task_ids=${ID}%2C${other}`);
    expect([...(answers?.keys() ?? [])]).toEqual([ID]);
  });

  it('takes tasks together that one answer can be about, and no others', () => {
    const group = (one: Task) => kling.together?.group(one);
    expect(group({ ...task, id: other })).toBe(group(task));
    for (const apart of [turboTask, { ...task, kind: 'image2video' }, { ...task, endpointPath: 'another' }]) expect(group(apart)).not.toBe(group(task));
  });

  it('leaves a task of whose state the list has no word to a poll of the task alone', async () => {
    const classicList = scriptedHttp(answer(200, { code: 0, data: [{ task_id: ID, created_at: 1 }, { task_id: other, task_status: 'thinking' }] }));
    expect([...((await kling.pollMany?.([task, { ...task, id: other }], { access, http: classicList })) ?? new Map<string, unknown>()).keys()]).toEqual([other]);
    const turboList = scriptedHttp(answer(200, { code: 0, data: [{ id: ID, status: '', create_time: 1 }] }));
    expect(await kling.pollMany?.([turboTask], { access, http: turboList })).toEqual(new Map());
  });

  it('leaves a video that the list does not show to a poll of the task alone', async () => {
    const http = scriptedHttp(answer(200, { code: 0, data: [{ task_id: ID, task_status: 'succeed' }] }));
    expect(await kling.pollMany?.([task], { access, http })).toEqual(new Map());
  });
});

describe('a look-up', () => {
  const item = (id: string, external: string, at = SENT_AT) => ({ task_id: id, task_status: 'processing', task_info: { external_task_id: external }, created_at: at });
  const no = answer(404, { code: 1203, message: 'no' });
  const one = (data: unknown) => answer(200, { code: 0, data });
  const find = (http: ReturnType<typeof scriptedHttp>, foundBefore = false) => kling.find?.(text, findCall(http, { known: { foundBefore, nonceSeen: false } }));
  const found = { task, by: 'client-id' };

  it('asks by path, then by query, then goes through the list', async () => {
    const http = scriptedHttp(no, no, one([item('1', 'a')]), one([item('2', 'b', SENT_AT - 301_000)]));
    expect(await find(http)).toBe('absent');
    expect(http.asked.map(({ url, paid }) => [paid, url.slice(PREFIX.length)])).toEqual([
      [false, `/text2video/${CLIENT_ID}`],
      [false, `/text2video?external_task_id=${CLIENT_ID}`],
      [false, '/text2video?pageNum=1&pageSize=100'],
      [false, '/text2video?pageNum=2&pageSize=100'],
    ]);
  });

  it('finds ours in each of the three ways', async () => {
    expect(await find(scriptedHttp(one(item(ID, CLIENT_ID))))).toMatchObject(found);
    expect(await find(scriptedHttp(no, one([item('1', 'a'), item(ID, CLIENT_ID)])))).toMatchObject(found);
    expect(await find(scriptedHttp(no, no, one([item('1', 'a'), item(ID, CLIENT_ID)])))).toMatchObject(found);
  });

  it('asks for a task of the newer dialect in its own way', async () => {
    const http = scriptedHttp(no, one([{ id: ID, status: 'submitted', external_id: CLIENT_ID }]));
    expect(await kling.find?.(turboText, findCall(http))).toEqual({ task: turboTask, by: 'client-id' });
    expect(http.asked[1]?.url).toBe(`https://upstream.example/v1/ai/abcEndpoint/kling/tasks?external_task_ids=${CLIENT_ID}`);
  });

  it('says how old what it found is by their clock alone, and nothing where they do not say', async () => {
    const made = SENT_AT - 90_000;
    const answered = (date: string | undefined, at: number | undefined) => answer(200, { code: 0, data: { ...item(ID, CLIENT_ID), created_at: at } }, { date });
    expect(await find(scriptedHttp(answered(new Date(SENT_AT).toUTCString(), made)))).toEqual({ ...found, ageMs: 90_000 });
    expect(await find(scriptedHttp(answered(undefined, made)))).toEqual(found);
    expect(await find(scriptedHttp(answered(new Date(SENT_AT).toUTCString(), undefined)))).toEqual(found);
  });

  it('trusts no answer that does not echo our id', async () => {
    expect(await find(scriptedHttp(one(item('1', 'other')), one({ task_id: '2' }), one([])))).toBe('unknown');
  });

  it('says absent only from a list that reaches back and has shown something', async () => {
    expect(await find(scriptedHttp(no, no, one([])))).toBe('unknown');
    expect(await find(scriptedHttp(no, no, one([])), true)).toBe('absent');
    expect(await find(scriptedHttp(no, no, no), true)).toBe('unknown');
    expect(await find(scriptedHttp(no, no, one([item('1', 'a')]), answer(404, '<html>')), true)).toBe('unknown');
    // Oldest first: that the first page is old says nothing about the last.
    const ascending = one([item('1', 'a', SENT_AT - 390_000), item('2', 'b', SENT_AT - 380_000)]);
    expect(await find(scriptedHttp(no, no, ascending), true)).toBe('unknown');
  });

  it('believes in no absence where the clocks are minutes apart, or theirs is not known: ours may be older than what was seen', async () => {
    const by = (date: string | undefined, older = 301_000) => find(scriptedHttp(no, no, answer(200, { code: 0, data: [item('1', 'a', SENT_AT - older)] }, { date }), no));
    const apart = (ms: number) => new Date(Date.now() + ms).toUTCString();
    expect(await by(apart(200_000))).toBe('absent');
    expect(await by(apart(200_000), 200_000)).toBe('unknown');
    expect(await by(apart(-300_000))).toBe('unknown');
    expect(await by(apart(300_000))).toBe('unknown');
    expect(await by(undefined)).toBe('unknown');
  });

  it('says absent only from a list that echoes ids: without them ours may be any of those that it shows', async () => {
    const ofOthers = { task_id: '1', task_status: 'processing', task_info: {}, created_at: SENT_AT };
    const older = { ...ofOthers, task_id: '2', created_at: SENT_AT - 301_000 };
    expect(await find(scriptedHttp(no, no, one([ofOthers, older])))).toBe('unknown');
    expect(await find(scriptedHttp(no, no, one([ofOthers, item('2', 'a', SENT_AT - 301_000)])))).toBe('absent');
  });

  it('goes on to the list where another way of asking is answered by a page', async () => {
    const page = answer(200, '<html>');
    expect(await find(scriptedHttp(page, page, one([item('1', 'a'), item(ID, CLIENT_ID)])))).toMatchObject(found);
    expect(await find(scriptedHttp(page, page, one([item('1', 'a', SENT_AT - 301_000)])))).toBe('absent');
    await expect(find(scriptedHttp(page, page, one([])), true)).rejects.toThrow('Kling could not be asked');
  });

  it('counts for its own dialect, whatever it works from: a text or an image', () => {
    expect(kling.lookupOf?.(turboText)).not.toBe(kling.lookupOf?.(text));
    expect(kling.lookupOf?.(kling.request.parse({ image: STORED }))).toBe(kling.lookupOf?.(text));
  });

  it('throws when it could not ask', async () => {
    for (const given of [answer(500, '<html>'), answer(200, '<html>Just a moment</html>'), answer(429, { code: 1302, message: 'x' }), answer(401, { code: 1000, message: 'x' })]) {
      await expect(find(scriptedHttp(given))).rejects.toThrow('Kling could not be asked');
    }
  });
});

it('takes a typed task id, and finds the path in the request', async () => {
  const typed = kling.taskFrom(ID, text);
  expect(typed).toEqual({ id: ID, dialect: 'classic', kind: 'text2video' });
  const http = scriptedHttp(one200());
  await kling.poll(typed, { access, http });
  expect(http.asked[0]?.url).toBe(`${PREFIX}/text2video/${ID}`);
  expect(kling.taskKey(typed)).toBe(ID);
  const elsewhere = scriptedHttp(one200());
  await kling.poll(kling.taskFrom(ID, text, 'former'), { access, http: elsewhere });
  expect(elsewhere.asked[0]?.url).toContain('/v1/ai/former/kling/');
  expect(() => kling.taskFrom('a b', text)).toThrow('cannot be a task id');
});

function one200() {
  return answer(200, { code: 0, data: { task_id: ID, task_status: 'submitted' } });
}

describe('callbacks of Kling', () => {
  it('are read in both dialects, and say whether there is something to see', () => {
    const read = (body: unknown) => kling.readCallback?.(typeof body === 'string' ? body : JSON.stringify(body));
    expect(read({ task_id: ID, task_status: 'submitted' })).toEqual({ task: ID, final: false });
    expect(read({ task_id: ID, task_status: 'processing' })).toEqual({ task: ID, final: false });
    expect(read(`{"task_id":${ID},"task_status":"succeed"}`)).toEqual({ task: ID, final: true });
    expect(read({ id: ID, status: 'succeeded' })).toEqual({ task: ID, final: true });
    expect(read({ task_id: ID, task_status: 'a new word' })).toEqual({ task: ID, final: true });
    for (const garbage of ['', 'null', '[]', '<html>', '{"task_id":{}}']) expect(read(garbage)).toMatchObject({ final: true });
  });

  it('name a task that counts as ours only when it echoes our id', async () => {
    const echoing = (external: string) => ({ task_id: ID, task_status: 'processing', task_info: { external_task_id: external } });
    const recognise = (data: unknown) => kling.recognise?.(task, { access, http: scriptedHttp(answer(200, { code: 0, data })), clientId: CLIENT_ID, nonce: 'n' });
    expect(await recognise(echoing(CLIENT_ID))).toBe('client-id');
    expect(await recognise(echoing('another.1'))).toBeNull();
    expect(await recognise({ task_id: ID })).toBeNull();
  });
});
