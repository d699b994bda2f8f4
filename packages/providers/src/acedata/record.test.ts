import { describe, expect, it } from 'vitest';
import type { Json } from '../provider.ts';
import type { JsonObject } from '../http/json.ts';
import { asset } from '../asset.ts';
import { progressOfRecord } from './record.ts';

const URL = 'https://cdn.example/v.mp4';
const succeeded = { state: 'succeeded', assets: [{ kind: 'video', url: URL }] };
const running = { state: 'pending', phase: 'running' };
const queued = { state: 'pending', phase: 'queued' };
const doubtful = { state: 'doubtful', failure: { kind: 'no_output' } };
const failed = (message?: string) => ({ state: 'failed', ...(message ? { failure: { message } } : {}) });
/** A record whose response is an error and nothing else. */
const withError = (code: string, message: string) => ({ response: { success: false, error: { code, message } } });

/** One that does not say whether it was a success. */
const bareError = (code: string) => ({ response: { error: { code, message: 'no' } } });

describe('the eighteen published records', () => {
  it.each<[string, JsonObject, object]>([
    ['1', {}, { state: 'missing' }],
    ['2, null', { id: 'x', finished_at: null, response: null }, queued],
    ['2, no key', { id: 'x' }, queued],
    ['3', { response: { success: true, task_id: 'x' } }, running],
    ['4', { response: { task_id: 'x' } }, running],
    ['5, pending', { response: { data: [{ state: 'pending' }] } }, queued],
    ['5, queued', { response: { data: [{ state: 'queued' }] } }, queued],
    ['5, processing', { response: { data: [{ state: 'processing' }] } }, running],
    ['6', { finished_at: 1.7e9, response: { status: 'processing', success: true } }, running],
    ['7, text', { response: { success: false, error: 'temporary' } }, { ...running, note: 'temporary' }],
    ['7, null', { response: { success: false, error: null } }, running],
    ['8', withError('api_error', 'no channel available for minimax-t2v'), failed('no channel available for minimax-t2v')],
    ['9', { finished_at: 1785137086.22, ...withError('bad_request', 'no') }, { state: 'failed', failure: { kind: 'rejected', code: 'bad_request' } }],
    ['10, failed', { response: { success: true, data: [{ state: 'failed' }] } }, failed()],
    ['10, cancelled', { response: { success: true, data: [{ state: 'cancelled' }] } }, failed()],
    ['11', { response: { error: { code: 'api_error', message: 'gone' }, data: [{ state: 'processing' }] } }, failed('gone')],
    ['12', { response: { success: true, data: [{ state: 'succeeded', video_url: URL }] } }, succeeded],
    ['13', { response: { success: true, state: 'completed', video_url: URL } }, succeeded],
    ['14', { response: { success: true, data: [{ state: 'succeeded' }] } }, doubtful],
    ['15, empty', { response: { success: true, data: [] } }, running],
    ['15, null', { response: { success: true, data: null } }, running],
    ['16', { response: { error: { message: 'Provider rejected the task' }, data: [] } }, failed('Provider rejected the task')],
    ['17', { response: { success: true, error: { message: 'oops' } } }, failed('oops')],
    ['18', { finished_at: 1.7e9, response: { success: true, data: null } }, doubtful],
  ])('row %s', (_row, record, expected) => {
    expect(read(record)).toMatchObject(expected);
  });
});

describe('the rule between the rows', () => {
  it.each<[string, JsonObject, object]>([
    ['finished without any response is doubtful', { finished_at: 1, response: null }, doubtful],
    ['a lone cover is no result', { response: { success: true, data: [{ state: 'succeeded', image_url: URL }] } }, doubtful],
    ['a link without a state word is a result', { response: { success: true, data: [{ video_url: URL }] } }, succeeded],
    ['data may be an object', { response: { success: true, data: { state: 'succeeded', video_url: URL } } }, succeeded],
    ['a link in a task that still runs is none yet', { response: { data: [{ state: 'processing', video_url: URL }] } }, running],
    ['an unknown word is running', { response: { state: 'dreaming' } }, running],
    ['words are read in any case', { response: { state: 'Completed', video_url: URL } }, succeeded],
    ['finished and unsuccessful is failed, with the bare reason', { finished_at: 1, response: { success: false, error: 'broken' } }, failed('broken')],
    ['a nested message is read', { response: { error: { code: 'api_error', message: { message: 'content violation' } } } }, failed('content violation')],
    ['moderation is told apart', bareError('forbidden'), { state: 'failed', failure: { kind: 'moderated', retryable: false } }],
    ['an unbilled failure may be tried again', bareError('api_error'), { state: 'failed', failure: { retryable: true } }],
    ['a link that is not http is none', { response: { data: [{ state: 'succeeded', video_url: 'javascript:x' }] } }, doubtful],
  ])('%s', (_name, record, expected) => {
    expect(read(record)).toMatchObject(expected);
  });

  it.each<[string, JsonObject, number | undefined]>([
    ['in seconds', { created_at: 1_725_077_411.961, finished_at: 1_725_077_566.241 }, 154_280],
    ['in ISO 8601, inside of the response', { created_at: '2026-11-26T12:00:00Z', response: { video_url: URL, finished_at: '2026-11-26T12:01:30Z' } }, 90_000],
    ['out of order', { created_at: 20, finished_at: 10 }, undefined],
    ['without an end', { created_at: 20 }, undefined],
    ['that are none', { created_at: 'soon', finished_at: 'later' }, undefined],
  ])('says how long it took from times %s', (_form, times, tookMs) => {
    const progress = read({ response: { video_url: URL }, ...times });
    expect(progress).toMatchObject({ state: 'succeeded' });
    expect('tookMs' in progress ? progress.tookMs : undefined).toBe(tookMs);
  });

  it('calls no failure unbilled beside a link: something was made, and may be charged', () => {
    const error = { code: 'api_error', message: 'no channel available' };
    const unbilled = (result: JsonObject) => read({ response: { success: false, error, ...result } });
    expect(unbilled({})).toMatchObject({ state: 'failed', failure: { unbilled: true } });
    expect(unbilled({ data: [{ state: 'failed', image_url: null }] })).toMatchObject({ failure: { unbilled: true } });
    for (const result of [{ video_url: URL }, { data: [{ state: 'succeeded', video_url: URL }] }, { data: { image_url: URL } }]) {
      expect(unbilled(result)).toEqual({ state: 'failed', failure: { kind: 'upstream', message: error.message, code: error.code, retryable: true } });
    }
  });

  it('calls no failure unbilled where the record says too that something runs or went well', () => {
    const error = { code: 'api_error', message: 'gone' };
    for (const response of [{ error, data: [{ state: 'processing' }] }, { error, state: 'completed' }, { error, success: true }]) {
      expect(read({ response })).toEqual({ state: 'failed', failure: { kind: 'upstream', message: 'gone', code: 'api_error', retryable: true } });
    }
  });

  it('calls no failure unbilled of which no code says so', () => {
    for (const response of [{ state: 'failed' }, { error: { message: 'no' } }, bareError('timeout').response, bareError('bad_request').response]) {
      const progress = read({ response });
      expect(progress.state).toBe('failed');
      expect(progress).not.toHaveProperty('failure.unbilled');
    }
  });

  it('takes what one result brings or will bring although another has failed, and fails when all have', () => {
    const of = (...data: JsonObject[]) => read({ response: { success: true, data } });
    const lost = { id: 'a', state: 'failed' };
    expect(of(lost, { id: 'b', state: 'succeeded', video_url: URL })).toEqual(succeeded);
    expect(of({ id: 'b', video_url: URL }, lost)).toEqual(succeeded);
    expect(of(lost, { id: 'b', state: 'processing' })).toEqual(running);
    expect(of(lost, { id: 'b', state: 'cancelled' })).toMatchObject(failed());
    expect(of(lost, { id: 'b' })).toMatchObject(failed());
  });

  it('gives every video once', () => {
    const data: Json = [{ state: 'succeeded', video_url: URL }, { state: 'succeeded', video_url: `${URL}2` }];
    const assets = [{ kind: 'video', url: URL }, { kind: 'video', url: `${URL}2` }];
    expect(read({ response: { video_url: URL, data } })).toEqual({ state: 'succeeded', assets });
  });
});

function read(record: JsonObject) {
  return progressOfRecord(record, {
    title: 'Test',
    secrets: 'sk-1',
    assets: (result) => [...asset('cover', result['image_url']), ...asset('video', result['video_url'])],
  });
}
