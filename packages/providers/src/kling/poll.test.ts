import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../provider-error.ts';
import type { Task } from '../provider.ts';
import { access, answer, errorOf, scriptedHttp } from '../testing/calls.ts';
import { created, ID, PREFIX, task, turboTask } from '../testing/kling-calls.ts';
import { kling } from './provider.ts';

const LINK = 'https://p1.example/v.mp4';
const video = { id: 'v', url: LINK, duration: '5.1' };
/** What a classic video comes to. */
const clip = { kind: 'video', url: LINK, durationSeconds: 5.1 };
const pending = (phase: 'queued' | 'running') => ({ state: 'pending', phase });
const succeeded = (...assets: object[]) => ({ state: 'succeeded', assets });

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

  const marked = { ...video, watermark_url: 'https://p1.example/w.mp4' };
  const second = { url: 'https://p1.example/2.mp4' };
  const times = { created_at: 1_722_769_557_708, updated_at: 1_722_769_680_000 };
  const noOutput = { kind: 'no_output', message: expect.any(String) as string, retryable: false };
  const invalid = { kind: 'upstream', message: 'Image pixel is invalid', retryable: false };

  it.each<[object, object]>([
    [{ task_id: ID, task_status: 'submitted' }, pending('queued')],
    [{ task_id: ID, task_status: 'processing', task_status_msg: '', task_info: {}, task_result: {} }, pending('running')],
    [{ task_id: ID, task_status: 'thinking' }, { ...pending('running'), note: 'unknown status "thinking"' }],
    [{ task_id: ID, task_status: 'succeed', ...times, task_result: { videos: [video] } }, { ...succeeded(clip), tookMs: 122_292 }],
    [{ task_id: ID, task_status: 'succeed', task_result: { videos: [video] } }, succeeded(clip)],
    [
      { task_id: ID, task_status: 'succeed', task_result: { videos: [marked, second] } },
      succeeded(clip, { kind: 'video', url: second.url }, { kind: 'other', url: marked.watermark_url, durationSeconds: 5.1 }),
    ],
    [{ task_status: 'succeed', task_result: { videos: [] } }, { state: 'doubtful', failure: noOutput }],
    [{ task_status: 'failed', task_status_msg: invalid.message, task_result: {}, task_info: {} }, { state: 'failed', failure: invalid }],
  ])('reads the older dialect: %o', async (data, progress) => {
    expect(await poll({ code: 0, message: 'SUCCEED', data })).toEqual(progress);
  });

  const newerTimes = { create_time: 1_781_080_778_802, update_time: 1_781_080_794_151 };

  it.each<[object, object]>([
    [{ id: ID, status: 'submitted' }, pending('queued')],
    [{ id: ID, status: 'processing' }, pending('running')],
    [{ id: ID, status: 'succeeded', ...newerTimes, outputs: [{ url: LINK }] }, { state: 'succeeded', tookMs: 15_349 }],
    [{ id: ID, status: 'succeeded', outputs: [{ url: LINK, duration: '7' }] }, succeeded({ kind: 'video', url: LINK, durationSeconds: 7 })],
    [{ id: ID, status: 'succeeded', outputs: [] }, { state: 'doubtful' }],
    [{ id: ID, status: 'failed', message: 'no' }, { state: 'failed', failure: { message: 'no' } }],
    // The older dialect's keys mean nothing here.
    [{ id: ID, task_status: 'succeed', task_result: { videos: [video] } }, { state: 'pending' }],
  ])('reads the newer dialect: %o', async (data, progress) => {
    expect(await poll({ code: 0, message: 'SUCCEED', data }, turboTask)).toMatchObject(progress);
  });

  it('says what it has cost in units of packages, each dialect in its own words', async () => {
    const cost = async (data: object, of = task) => {
      const done = { task_status: 'succeed', status: 'succeeded', task_result: { videos: [video] }, outputs: [video] };
      const progress = await poll({ code: 0, data: { ...data, ...done } }, of);
      return progress.state === 'succeeded' ? progress.reported : progress;
    };
    const money = { charge_type: 'balance', amount: '0.7' };
    expect(await cost({ final_unit_deduction: '3.5' })).toEqual({ amount: 3.5, unit: 'units' });
    const billing = [{ charge_type: 'unit', amount: '3.5' }, money, { charge_type: 'unit', amount: 1 }];
    expect(await cost({ billing }, turboTask)).toEqual({ amount: 4.5, unit: 'units' });
    expect(await cost({ billing: [money] }, turboTask)).toBeUndefined();
    for (const none of [{}, { final_unit_deduction: 'much' }, { final_unit_deduction: -1 }]) expect(await cost(none)).toBeUndefined();
  });

  it('takes a link that is both the video and its copy for the video', async () => {
    const same = { ...video, watermark_url: video.url };
    expect(await poll({ code: 0, data: { task_id: ID, task_status: 'succeed', task_result: { videos: [same] } } })).toEqual(succeeded(clip));
  });

  describe('in the newer dialect', () => {
    const shown = { id: ID, status: 'processing' };
    const no = answer(404, { code: 1203, message: 'no' });
    const unknownWay = answer(404, { code: 1202, message: 'method invalid' });
    const empty = answer(200, { code: 0, data: [] });
    const ask = (http: ReturnType<typeof scriptedHttp>) => kling.poll(turboTask, { access, http });

    it('asks as at Kling itself, and where the gateway does not know that, under the path that made the task', async () => {
      const another = { id: 'another', status: 'failed' };
      const asIs = scriptedHttp(answer(200, { code: 0, data: [another, shown] }));
      expect(await ask(asIs)).toEqual(pending('running'));
      expect(asIs.asked.map(({ url }) => url)).toEqual([`https://upstream.example/v1/ai/abcEndpoint/kling/tasks?task_ids=${ID}`]);
      const page = answer(200, { code: 0, data: { tasks: [], next_cursor: '' } });
      const ofAnother = answer(200, { code: 0, data: [another] });
      for (const unread of [unknownWay, answer(404, '<html>'), answer(200, '<html>'), no, empty, page, ofAnother]) {
        const byPath = scriptedHttp(unread, answer(200, { code: 0, data: shown }));
        expect(await ask(byPath)).toEqual(pending('running'));
        expect(byPath.asked[1]?.url).toBe(`${PREFIX}/text-to-video/kling-3.0-turbo/${ID}`);
      }
    });

    it('holds nobody and calls nothing missing for a way that the gateway does not know', async () => {
      const pairs = [[unknownWay, no], [unknownWay, empty], [empty, unknownWay], [no, answer(404, '<html>')], [empty, empty]] as const;
      for (const [one, other] of pairs) {
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
    [500, { code: 1000, message: 'x' }, 'protocol'],
    [405, '<html>', 'protocol'],
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
    const rows = [
      `{"task_id":${other},"task_status":"processing"}`,
      '{"task_id":"1","task_status":"failed"}',
      `{"task_id":${ID},"task_status":"submitted"}`,
    ];
    const http = scriptedHttp(answer(200, `{"code":0,"message":"SUCCEED","data":[${rows.join(',')}]}`));
    const answers = await kling.pollMany?.([task, { ...task, id: other }], { access, http });
    expect(http.asked).toMatchObject([{ method: 'GET', url: `${PREFIX}/text2video?pageNum=1&pageSize=30`, paid: false }]);
    expect(answers).toEqual(new Map([[other, pending('running')], [ID, pending('queued')]]));
  });

  it('asks in the newer dialect by their ids', async () => {
    const http = scriptedHttp(answer(200, { code: 0, data: [{ id: ID, status: 'succeeded', outputs: [{ type: 'video', url: LINK }] }] }));
    const answers = await kling.pollMany?.([turboTask, { ...turboTask, id: other }], { access, http });
    expect(http.asked[0]?.url).toBe(`https://upstream.example/v1/ai/abcEndpoint/kling/tasks?task_ids=${ID}%2C${other}`);
    expect([...(answers?.keys() ?? [])]).toEqual([ID]);
  });

  it('takes tasks together that one answer can be about, and no others', () => {
    const group = (one: Task) => kling.together?.group(one);
    expect(group({ ...task, id: other })).toBe(group(task));
    const apart = [turboTask, { ...task, kind: 'image2video' }, { ...task, endpointPath: 'another' }];
    for (const one of apart) expect(group(one)).not.toBe(group(task));
  });

  it('leaves a task of whose state the list has no word to a poll of the task alone', async () => {
    const rows = [{ task_id: ID, created_at: 1 }, { task_id: other, task_status: 'thinking' }];
    const classicList = scriptedHttp(answer(200, { code: 0, data: rows }));
    const answers = await kling.pollMany?.([task, { ...task, id: other }], { access, http: classicList });
    expect([...(answers?.keys() ?? [])]).toEqual([other]);
    const turboList = scriptedHttp(answer(200, { code: 0, data: [{ id: ID, status: '', create_time: 1 }] }));
    expect(await kling.pollMany?.([turboTask], { access, http: turboList })).toEqual(new Map());
  });

  it('leaves a video that the list does not show to a poll of the task alone', async () => {
    const http = scriptedHttp(answer(200, { code: 0, data: [{ task_id: ID, task_status: 'succeed' }] }));
    expect(await kling.pollMany?.([task], { access, http })).toEqual(new Map());
  });
});
