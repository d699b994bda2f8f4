/** Kling's callbacks: the bare task, in either dialect, at every change of its state. */
import type { CallbackHint } from '../provider.ts';
import { parseObject, textOf } from '../http/json.ts';

export function readKlingCallback(body: string): CallbackHint {
  const said = parseObject(body);
  if (said === undefined) return { final: true };
  const status = textOf(said['task_status']) ?? textOf(said['status']);
  // An unknown word for the state may mean that the task has ended.
  return { task: textOf(said['task_id']) ?? textOf(said['id']), final: status !== 'submitted' && status !== 'processing' };
}
