/**
 * A task id as a person types it after `resolve --task`.
 */
import { ProviderError } from './provider-error.ts';

export function typedTaskId(text: string, form: RegExp, what: string): string {
  const id = text.trim();
  if (form.test(id)) return id;
  throw new ProviderError('rejected', `"${id.slice(0, 60)}" cannot be a task id here: give ${what}.`);
}
