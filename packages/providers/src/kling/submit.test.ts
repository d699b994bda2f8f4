import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../provider-error.ts';
import { access, answer, CLIENT_ID, errorOf, scriptedHttp, submitCall } from '../testing/calls.ts';
import { created, ID, PREFIX, task, text, turboTask, turboText } from '../testing/kling-calls.ts';
import { kling } from './provider.ts';

const STORED = `sha256:${'a'.repeat(64)}`;

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

  it('keeps a task id that came with a time-out of the gateway: it settles the question', async () => {
    const http = scriptedHttp(answer(504, { code: 0, data: { task_id: ID, task_status: 'submitted' } }));
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
    expect(await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(400, body)))))).toMatchObject({ kind: 'ambiguous', idUsed: true });
    expect(await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(409, body)))))).toMatchObject({ kind: 'ambiguous', idUsed: false });
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
    [200, { code: 0, error: { code: '1303', message: 'x' } }, 'slots'],
    [200, { code: 0, data: { task_status: 'submitted' } }, 'ambiguous'],
  ])("the gateway's %i %o is %s", async (status, body, kind) => {
    expect((await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(status, body)))))).kind).toBe(kind);
  });

  it.each<[number, unknown, boolean]>([
    [404, { error: { code: '404', message: 'The URL does not match the model type' } }, true],
    [404, { error: { message: 'no such model type' } }, true],
    [400, { error: { code: '400', message: 'MODEL_TYPE_NOT_FOUND' } }, true],
    [400, { message: 'MODEL_TYPE_NOT_FOUND' }, true],
    // May pass, and be so of all models.
    [400, { error: { code: 'NO_PROVIDER_ERROR', message: 'x' } }, false],
    [400, { error: { code: '400', message: 'NO_BALANCER_ERROR' } }, false],
    [404, { status: 404, error: 'Not Found', path: '/v1/ai/path' }, false],
    [404, { code: 1202, message: 'method invalid' }, false],
    [404, '<html>', false],
    [307, '', false],
  ])("the gateway's %i %o names the model: %s", async (status, body, namesModel) => {
    expect(await errorOf(kling.submit(text, submitCall(scriptedHttp(answer(status, body)))))).toMatchObject({ kind: 'configuration', namesModel });
  });
});
