import { describe, expect, it } from 'vitest';
import { access, answer, CLIENT_ID, scriptedHttp } from '../testing/calls.ts';
import { ID, task } from '../testing/kling-calls.ts';
import { kling } from './provider.ts';

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
