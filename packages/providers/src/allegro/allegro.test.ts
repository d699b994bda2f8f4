import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../provider-error.ts';
import { access, answer, errorOf, scriptedHttp, submitCall } from '../testing/calls.ts';
import { countWords } from './count-words.ts';
import { allegro } from './provider.ts';

const PROMPT = 'Handsome man running on the streets of Tokyo';
const UNREAD = 'Allegro gave a link that cannot be read: ';
const request = allegro.request.parse({ prompt: PROMPT, params: { rand_seed: 12345 } });

describe('counting words', () => {
  it.each([
    [PROMPT, 8],
    ['a well-known don’t — … word', 4],
    ['', 0],
    ['一个英俊的男人在东京的街道上跑步', 8],
    ['ชายหนุ่มวิ่งบนถนนในโตเกียว', 5],
  ])('finds in "%s" at least %i', (text, words) => {
    expect(countWords(text)).toBeGreaterThanOrEqual(words);
  });

  it('counts by spaces where there are spaces', () => {
    expect(countWords('a well-known don’t — … word')).toBe(4);
  });
});

describe('a request', () => {
  it('is filled with the recommended defaults', () => {
    expect(request).toEqual({ refined_prompt: PROMPT, user_prompt: PROMPT, num_step: 100, cfg_scale: 7.5, rand_seed: 12345 });
  });

  it('draws a seed that is recorded', () => {
    const { rand_seed } = allegro.request.parse({ prompt: PROMPT }) as { rand_seed: number };
    expect(Number.isInteger(rand_seed)).toBe(true);
  });

  it('may have a short prompt with a long refined one', () => {
    expect(allegro.request.parse({ prompt: 'a man', params: { refined_prompt: PROMPT } })).toMatchObject({ user_prompt: 'a man', refined_prompt: PROMPT });
  });

  it.each<[object, string, string]>([
    [{ prompt: 'one two three four five six seven' }, 'prompt', 'at least 8 words, this has 7'],
    [{ prompt: PROMPT, params: { refined_prompt: 'short' } }, 'params.refined_prompt', 'this has 1'],
    [{ prompt: '  ' }, 'prompt', 'empty'],
    [{}, 'prompt', 'missing'],
    [{ prompt: PROMPT, image: 'https://x/y.png' }, 'image', 'takes no image'],
    [{ prompt: PROMPT, model: 'x' }, 'model', 'leave "model" out'],
    [{ prompt: PROMPT, params: { num_steps: 3 } }, 'params', 'unknown parameter "num_steps": did you mean "num_step"?'],
    [{ prompt: PROMPT, params: { num_step: 1.5 } }, 'params.num_step', ''],
    [{ prompt: PROMPT, params: { cfg_scale: '7' } }, 'params.cfg_scale', ''],
    [{ prompt: PROMPT, params: { prompt: 'x' } }, 'params', '"prompt" belongs beside "params"'],
    [{ prompt: PROMPT, promt: 'x' }, '', 'unknown field "promt": did you mean "prompt"?'],
  ])('%o is refused at %s', (ask, path, message) => {
    const [issue] = allegro.request.safeParse(ask).error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toContain(message);
  });
});

describe('a submit', () => {
  it('posts the recorded request and takes data for the id', async () => {
    const http = scriptedHttp(answer(200, { message: '成功', data: 'r-1', status: 0 }));
    expect(await allegro.submit(request, submitCall(http))).toEqual({ task: { id: 'r-1' } });
    expect(http.asked[0]).toMatchObject({ paid: true, url: 'https://upstream.example/v1/generateVideoSyn', body: JSON.stringify(request) });
  });

  it.each<[number, unknown, ErrorKind]>([
    [401, {}, 'auth'],
    [403, {}, 'auth'],
    [403, '<html>', 'auth'],
    [429, { message: 'slow down' }, 'rate'],
    [429, '<html>', 'rate'],
    [429, { message: 'slow down', data: 'r-1', status: 0 }, 'rate'],
    [400, { message: 'bad' }, 'rejected'],
    [422, { detail: 'bad' }, 'rejected'],
    [404, '<html>', 'configuration'],
    [400, '<html>', 'ambiguous'],
    [408, {}, 'ambiguous'],
    [409, {}, 'ambiguous'],
    [500, { message: 'x' }, 'ambiguous'],
    [502, '<html>', 'ambiguous'],
    [200, '<html>', 'ambiguous'],
    [200, '{"message":"成功","data":"r', 'ambiguous'],
    [200, {}, 'ambiguous'],
    [200, { message: '成功', data: '', status: 0 }, 'ambiguous'],
    [200, { message: '成功', status: 0 }, 'ambiguous'],
    [200, { message: 'no', data: '', status: 7 }, 'rejected'],
    [200, { message: '成功', data: 'r-1', status: 'ok' }, 'ambiguous'],
    [302, '', 'ambiguous'],
    [302, { message: 'moved' }, 'ambiguous'],
    [307, '', 'configuration'],
  ])('answered with %i %o is %s', async (status, body, kind) => {
    expect(await errorOf(allegro.submit(request, submitCall(scriptedHttp(answer(status, body)))))).toMatchObject({ kind, status, endSeen: true });
  });
});

describe('a poll', () => {
  const poll = (given: ReturnType<typeof answer>) => allegro.poll({ id: 'r 1/2' }, { access, http: scriptedHttp(given) });

  it('asks by the request id', async () => {
    const http = scriptedHttp(answer(200, { message: '成功', data: '', status: 0 }));
    await allegro.poll({ id: 'r 1/2' }, { access, http });
    expect(http.asked[0]).toMatchObject({ paid: false, method: 'GET', url: 'https://upstream.example/v1/videoQuery?requestId=r+1%2F2' });
  });

  it.each([
    [{ message: '成功', data: '', status: 0 }, { state: 'pending', phase: 'running' }],
    [{ message: 'Success', data: null, status: 0 }, { state: 'pending', phase: 'running' }],
    [{ message: 'Success', status: 0 }, { state: 'pending', phase: 'running' }],
    [{ message: '成功', data: 'https://s3.example/a.mp4', status: 0 }, { state: 'succeeded', assets: [{ kind: 'video', url: 'https://s3.example/a.mp4' }] }],
    [
      { message: '成功', data: 'error: {"code":503,"type":"InternalServerException","message":"Prediction failed"}', status: 0 },
      { state: 'failed', failure: { kind: 'upstream', message: 'Prediction failed', code: '503', retryable: true } },
    ],
    [{ message: '成功', data: '{"code":400}', status: 0 }, { state: 'failed', failure: { kind: 'upstream', message: '{"code":400}', code: '400', retryable: false } }],
    [
      { message: '成功', data: 'still rendering', status: 0 },
      {
        state: 'doubtful',
        failure: { kind: 'upstream', message: 'Allegro gave neither a link nor an error that is known: still rendering', retryable: false },
      },
    ],
    [
      { message: '成功', data: '{"code":200,"message":"ok","data":"https://s3.example/a.mp4"}', status: 0 },
      { state: 'doubtful', failure: { kind: 'protocol', message: `${UNREAD}{"code":200,"message":"ok","data":"https://s3.example/a.mp4`, retryable: false } },
    ],
    [
      { message: '成功', data: 'https://s3.example/a.mp4?name=my video.mp4&X-Amz-Signature=s', status: 0 },
      { state: 'doubtful', failure: { kind: 'protocol', message: `${UNREAD}https://s3.example/a.mp4`, retryable: false } },
    ],
    [
      { message: '成功', data: '{"url":"https://s3.example/a.mp4?X-Amz-Signature=s"}', status: 0 },
      { state: 'doubtful', failure: { kind: 'protocol', message: `${UNREAD}{"url":"https://s3.example/a.mp4`, retryable: false } },
    ],
  ])('reads %o', async (body, progress) => {
    expect(await poll(answer(200, body))).toEqual(progress);
  });

  it.each<[number, unknown, ErrorKind]>([
    [200, { message: 'no', data: '', status: 5 }, 'protocol'],
    [200, { other: 1 }, 'protocol'],
    [500, {}, 'protocol'],
    [200, '<html>', 'protocol'],
    [404, '<html>', 'protocol'],
    [401, {}, 'auth'],
    [403, '<html>', 'auth'],
    [429, '<html>', 'rate'],
  ])('says nothing about the video with %i %o', async (status, body, kind) => {
    expect((await errorOf(poll(answer(status, body)))).kind).toBe(kind);
  });
});

it('has no look-up', () => {
  expect('find' in allegro).toBe(false);
  expect(allegro.taskFrom('r-1', request)).toEqual({ id: 'r-1' });
  expect(() => allegro.taskFrom('two words', request)).toThrow('request id that Allegro gave');
});
