/**
 * The id that an upstream gave to a task. Every provider keeps it in the same field of its own, opaque `Task`.
 */
import type { Task } from './provider.ts';
import { textOf } from './http/json.ts';
import { ProviderError } from './provider-error.ts';

/** Empty for a task without one. */
export function idOfTask(task: Task): string {
  return textOf(task['id']) ?? '';
}

/** Reads a task id that a person typed after `resolve --task`. `form`: what such ids look like; `what`: what to call it in the error. */
export function typedTaskId(text: string, form: RegExp, what: string): string {
  const id = text.trim();
  if (form.test(id)) return id;
  throw new ProviderError('rejected', `"${id.slice(0, 60)}" cannot be a task id here: give ${what}.`);
}
