import { describe, expect, it } from 'vitest';
import { access, answer, CLIENT_ID, findCall, scriptedHttp, SENT_AT } from '../testing/calls.ts';
import { ID, PREFIX, task, text, turboTask, turboText } from '../testing/kling-calls.ts';
import { kling } from './provider.ts';

const STORED = `sha256:${'a'.repeat(64)}`;

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
    // Nothing after a full page that does not reach back: ours may be behind it. A page with room is the last.
    const newer = (count: number) => one(Array.from({ length: count }, (_, at) => item(String(at), 'a')));
    expect(await find(scriptedHttp(no, no, newer(100), one([])), true)).toBe('unknown');
    expect(await find(scriptedHttp(no, no, newer(100), newer(99), one([])))).toBe('absent');
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
