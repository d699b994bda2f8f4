import { AccountBook } from '../account-book.ts';
import type { World } from '../world.ts';
import type { Call } from './upstream.ts';

/** Whether an order is refused for its `external_task_id`: the account has had it before, in either dialect, and that is not allowed. */
export function isUsed({ tasks, settings }: World, externalId: string | undefined, { key }: Call): boolean {
  if (externalId === undefined || settings.duplicateExternalId !== 'reject') return false;
  return tasks.byExternalId(AccountBook.idOf('kling', key), externalId) !== undefined;
}
