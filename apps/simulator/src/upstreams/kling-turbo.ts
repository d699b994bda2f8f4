import { AccountBook } from '../account-book.ts';
import { admit } from '../admission.ts';
import type { Answer } from '../answer.ts';
import { errorRow } from '../faults/error-rows.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { isUsed } from './kling-external-id.ts';
import { turboProblemOf, turboPrompt } from './kling-turbo-fields.ts';
import { isTurbo, klingTurboTask } from './kling-turbo-task.ts';
import { klingSucceeded } from './kling-task.ts';
import { isHidden, isListed } from './moment.ts';
import { textOf, type Call, type Recognised, type RequestLine } from './upstream.ts';
import { isObject } from '../request-body.ts';

/**
 * The new-style models: `videos/text-to-video/kling-3.0-turbo` and `videos/image-to-video/kling-3.0-turbo`. How the gateway wants
 * them queried is not published, so both known ways work: by path under the create route, and `tasks?task_ids=` as at Kling itself.
 */
export function recogniseTurbo(world: World, endpointPath: string, rest: string, { method, query }: RequestLine): Recognised | undefined {
  const [, route, id] = /^videos\/((?:text|image)-to-video)(?:\/kling-3\.0-turbo)?(?:\/(\d+))?$/.exec(rest) ?? [];
  if (route !== undefined && id === undefined && method === 'POST' && rest.endsWith('/kling-3.0-turbo')) {
    return { provider: 'kling', kind: 'create', taskIds: [], answer: (call) => create(world, endpointPath, route, call) };
  }
  if (id !== undefined && method === 'GET') {
    return { provider: 'kling', kind: 'poll', taskIds: [id], answer: (call) => showTask(world, endpointPath, id, call) };
  }
  if (!/^(?:videos\/)?tasks$/.test(rest) || method !== 'GET') return undefined;
  const ids = split(query.get('task_ids'));
  return {
    provider: 'kling', kind: ids.length > 0 ? 'poll' : 'list', taskIds: ids,
    answer: (call) => showTasks(world, endpointPath, { ids, externalIds: split(query.get('external_task_ids')) }, call),
  };
}

function create(world: World, endpointPath: string, route: string, call: Call): Answer {
  const { body } = call;
  if (body === undefined) return errorRow('kling:1200', 'request body is not valid JSON');
  const problem = turboProblemOf(route, body);
  if (problem !== undefined) return errorRow('kling:1201', problem);
  const options = isObject(body['options']) ? body['options'] : {};
  const externalId = textOf(options['external_task_id']);
  if (isUsed(world, externalId, call)) return errorRow('kling:1201', 'external_task_id is duplicated');
  const task = admit(world, {
    provider: 'kling', law: 'kling-turbo', route, endpointPath, request: body, prompt: turboPrompt(body), model: 'kling-3.0-turbo',
    externalId, callbackUrl: textOf(options['callback_url']),
  }, call);
  return task === 'full' ? errorRow('kling:1303') : klingSucceeded(klingTurboTask(world, task, call));
}

function showTask(world: World, endpointPath: string, id: string, call: Call): Answer {
  const task = known(endpointPath, world.tasks.get(id), call);
  return task === undefined ? errorRow('kling:1203', 'Task not found') : klingSucceeded(klingTurboTask(world, task, call));
}

function showTasks(world: World, endpointPath: string, { ids, externalIds }: { ids: string[]; externalIds: string[] }, call: Call): Answer {
  if ((ids.length > 0) === (externalIds.length > 0)) return errorRow('kling:1201', 'give either task_ids or external_task_ids');
  const account = AccountBook.idOf('kling', call.key);
  const tasks = [...ids.map((id) => world.tasks.get(id)), ...externalIds.map((id) => world.tasks.byExternalId(account, id))];
  const shown = tasks.flatMap((task) => known(endpointPath, task, call) ?? []).filter((task) => isListed(task, call));
  return klingSucceeded(shown.map((task) => klingTurboTask(world, task, call)));
}

function known(endpointPath: string, task: Task | undefined, call: Call): Task | undefined {
  if (task === undefined || !isTurbo(task) || task.endpointPath !== endpointPath) return undefined;
  return task.account === AccountBook.idOf('kling', call.key) && !isHidden(task, call) ? task : undefined;
}

function split(list: string | null): string[] {
  return (list ?? '').split(',').filter((item) => item !== '');
}
