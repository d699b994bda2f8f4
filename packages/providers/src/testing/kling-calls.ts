/** What the tests of Kling talk about: a request in each dialect, and the task that came of it. */
import { answer } from './calls.ts';
import { kling } from '../kling/provider.ts';
import type { Task } from '../provider.ts';

export const ID = '867283741759111202';
export const PREFIX = 'https://upstream.example/v1/ai/abcEndpoint/kling/videos';
export const text = kling.request.parse({ prompt: 'a dog' });
export const turboText = kling.request.parse({ prompt: 'a dog', model: 'kling-3.0-turbo', params: { duration: '7', resolution: '720p' } });
export const created = answer(200, {
  code: 0, message: 'SUCCEED', request_id: 'r',
  data: { task_id: ID, task_info: {}, task_status: 'submitted', created_at: 1, updated_at: 1 },
});
export const task: Task = { id: ID, dialect: 'classic', kind: 'text2video', endpointPath: 'abcEndpoint', baseUrl: 'https://upstream.example' };
export const turboTask: Task = { ...task, dialect: 'turbo', kind: 'text-to-video/kling-3.0-turbo' };
