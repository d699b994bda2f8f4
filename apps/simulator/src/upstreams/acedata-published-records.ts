import type { Task } from '../task.ts';

/**
 * The eighteen record shapes that were published by the vendor's SDK tests, web client and tools, contradictions included.
 * The fault `record:8` shows the eighth. What each means is in README.md.
 */
export function publishedRecord(number: number, base: Record<string, unknown>, task: Task, { url, now }: Result): Record<string, unknown> {
  const { id } = task;
  const finished_at = now / 1000;
  const shapes: readonly Record<string, unknown>[] = [
    {},
    { id, finished_at: null, response: null },
    { ...base, response: { success: true, task_id: id } },
    { ...base, response: { task_id: id } },
    { ...base, response: { data: [{ state: 'processing' }] } },
    { ...base, finished_at, response: { status: 'processing', success: true } },
    { ...base, response: { success: false, error: 'temporary' } },
    { ...base, response: { success: false, error: { code: 'api_error', message: 'no channel available for minimax-t2v' } } },
    { ...base, finished_at, response: { success: false, error: { code: 'bad_request', message: 'the request was rejected' } } },
    { ...base, response: { success: true, data: [{ state: 'failed' }] } },
    { ...base, response: { error: { code: 'api_error', message: 'the task was rejected' }, data: [{ state: 'processing' }] } },
    { ...base, response: { success: true, data: [{ state: 'succeeded', video_url: url }] } },
    { ...base, response: { success: true, state: 'completed', video_url: url } },
    { ...base, response: { success: true, data: [{ state: 'succeeded' }] } },
    { ...base, response: { success: true, data: [] } },
    { ...base, response: { error: { message: 'Provider rejected the task' }, data: [] } },
    { ...base, response: { success: true, error: { message: 'the task was rejected' } } },
    { ...base, finished_at, response: { success: true, data: null } },
  ];
  return shapes[number - 1] ?? {};
}

export const PUBLISHED_RECORDS = 18;

interface Result {
  readonly url: string;
  readonly now: number;
}
