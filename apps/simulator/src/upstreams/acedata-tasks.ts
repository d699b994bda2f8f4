import { AccountBook } from '../account-book.ts';
import { json, type Answer } from '../answer.ts';
import { errorRow } from '../faults/error-rows.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { aceDataRecord } from './acedata-record.ts';
import type { AceDataService } from './acedata-service.ts';
import { isHidden, isListed } from './moment.ts';
import { textOf, type Call } from './upstream.ts';

/** `POST /{service}/tasks`, free of charge: one record (`{}` for an unknown id, with status 200), or a page of them, newest first. */
export function lookUp(world: World, service: AceDataService, call: Call): Answer {
  const { body } = call;
  if (body === undefined) return errorRow('acedata:bad_request', 'the body is not valid JSON.');
  const action = body['action'] ?? 'retrieve';
  if (action === 'retrieve') return retrieve(world, service, body, call);
  if (action === 'retrieve_batch') return retrieveBatch(world, service, body, call);
  return errorRow('acedata:bad_request', 'action is invalid.');
}

/** The ids that a request names itself, if it does. */
export function wantedIds(body: Record<string, unknown>): string[] {
  if (body['action'] === 'retrieve_batch') return Array.isArray(body['ids']) ? body['ids'].map(String) : [];
  const id = textOf(body['id']) ?? textOf(body['task_id']);
  return id === undefined ? [] : [id];
}

function retrieve(world: World, service: AceDataService, body: Record<string, unknown>, call: Call): Answer {
  const [id] = wantedIds(body);
  if (id === undefined) return errorRow('acedata:bad_request', 'id is required.');
  const task = world.tasks.get(id);
  return json(200, task !== undefined && isOf(task, service, call) && !isHidden(task, call) ? aceDataRecord(world, service, task, call) : {});
}

/** A page, also of ids: `limit` is 12 unless it is said. Newest first; an id that is not known is left out without a word. */
function retrieveBatch(world: World, service: AceDataService, body: Record<string, unknown>, call: Call): Answer {
  const { ids } = body;
  if (ids !== undefined && !(Array.isArray(ids) && ids.every((id) => typeof id === 'string'))) {
    return errorRow('acedata:bad_request', 'ids must be a list of task ids.');
  }
  const from = Number(body['created_at_min'] ?? -Infinity) * 1000;
  const to = Number(body['created_at_max'] ?? Infinity) * 1000;
  const offset = Number(body['offset'] ?? 0);
  const limit = Number(body['limit'] ?? 12);
  const found = candidates(world, body, call)
    .filter((task) => isOf(task, service, call) && isListed(task, call) && task.acceptedAt >= from && task.acceptedAt <= to);
  const items = found.slice(offset, offset + limit).map((task) => aceDataRecord(world, service, task, call));
  return json(200, { items, count: found.length });
}

function candidates({ tasks }: World, body: Record<string, unknown>, call: Call): Task[] {
  const ids = wantedIds(body);
  if (ids.length === 0) return tasks.newestFirst(AccountBook.idOf('acedata', call.key));
  return [...new Set(ids)].flatMap((id) => tasks.get(id) ?? []).toSorted((one, other) => other.acceptedAt - one.acceptedAt);
}

function isOf(task: Task, { provider }: AceDataService, { key }: Call): boolean {
  return task.provider === provider && task.account === AccountBook.idOf('acedata', key);
}
