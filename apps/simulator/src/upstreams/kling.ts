import { AccountBook } from '../account-book.ts';
import { admit } from '../admission.ts';
import type { Answer } from '../answer.ts';
import { errorRow } from '../faults/error-rows.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { problemOf } from './kling-fields.ts';
import { isUsed } from './kling-external-id.ts';
import { klingSucceeded, klingTask } from './kling-task.ts';
import { recogniseTurbo } from './kling-turbo.ts';
import { isTurbo, klingTurboTask } from './kling-turbo-task.ts';
import { isHidden, isListed } from './moment.ts';
import { textOf, type Call, type Recognised, type Upstream } from './upstream.ts';

/**
 * Kling through Cloudsway: `/v1/ai/{endpointPath}/kling/…`. A task answers only under the route and endpoint path that made it.
 * Unknown fields are ignored without a word, as the vendor does: `model` instead of `model_name` gives kling-v1.
 */
export function kling(world: World): Upstream {
  return {
    recognise(line) {
      const [, endpointPath = '', rest = ''] = /^\/v1\/ai\/([^/]+)\/kling\/(.+)$/.exec(line.path) ?? [];
      if (endpointPath === '') return undefined;
      const found = recogniseClassic(world, endpointPath, rest, line) ?? recogniseTurbo(world, endpointPath, rest, line) ?? UNKNOWN;
      return { ...found, answer: (call) => refusedKey(world, call) ?? found.answer(call) };
    },
  };
}

/** What goes to a callback address: the bare task, for every state. */
export function klingCallback(world: World, task: Task, now: number): unknown {
  const moment = { now, quirks: {} };
  return isTurbo(task) ? klingTurboTask(world, task, moment) : klingTask(world, task, moment);
}

const UNKNOWN: Recognised = { provider: 'kling', kind: 'other', taskIds: [], answer: () => errorRow('kling:1202') };

function refusedKey({ settings }: World, { key }: Call): Answer | undefined {
  if (key === '') return errorRow('kling:1001');
  return settings.keys?.includes(key) === false ? errorRow('kling:1002') : undefined;
}

function recogniseClassic(world: World, endpointPath: string, rest: string, line: { method: string; query: URLSearchParams }): Recognised | undefined {
  const [, route, encoded] = /^videos\/(text2video|image2video)(?:\/([^/]+))?$/.exec(rest) ?? [];
  if (route === undefined) return undefined;
  const place = { endpointPath, route };
  if (line.method === 'POST' && encoded === undefined) {
    return { provider: 'kling', kind: 'create', taskIds: [], answer: (call) => create(world, place, call) };
  }
  if (line.method !== 'GET') return undefined;
  const id = encoded === undefined ? line.query.get('external_task_id') : decode(encoded);
  if (id === null) return { provider: 'kling', kind: 'list', taskIds: [], answer: (call) => list(world, place, line.query, call) };
  const byTaskId = encoded !== undefined && /^\d+$/.test(id);
  return {
    provider: 'kling', kind: byTaskId ? 'poll' : 'list', taskIds: byTaskId ? [id] : [],
    answer: (call) => showTask(world, place, { id, mayBeTaskId: encoded !== undefined }, call),
  };
}

interface Place {
  readonly endpointPath: string;
  readonly route: string;
}

function create(world: World, place: Place, call: Call): Answer {
  const { body } = call;
  if (body === undefined) return errorRow('kling:1200', 'request body is not valid JSON');
  const problem = problemOf(place.route, body);
  if (problem !== undefined) return errorRow('kling:1201', problem);
  const externalId = textOf(body['external_task_id']);
  if (isUsed(world, externalId, call)) return errorRow('kling:1201', 'external_task_id is duplicated');
  const task = admit(world, {
    provider: 'kling', law: place.route === 'image2video' ? 'kling-image' : 'kling-text', ...place, request: body,
    prompt: textOf(body['prompt']) ?? '', model: textOf(body['model_name']) ?? 'kling-v1', externalId, callbackUrl: textOf(body['callback_url']),
  }, call);
  return task === 'full' ? errorRow('kling:1303') : klingSucceeded(klingTask(world, task, call));
}

/** By its own id, where the id may be one, or by our `external_task_id`. */
function showTask(world: World, place: Place, { id, mayBeTaskId }: { id: string; mayBeTaskId: boolean }, call: Call): Answer {
  const account = AccountBook.idOf('kling', call.key);
  const task = (mayBeTaskId ? world.tasks.get(id) : undefined) ?? world.tasks.byExternalId(account, id);
  const known = task !== undefined && task.account === account && isAt(task, place) && !isHidden(task, call);
  return known ? klingSucceeded(klingTask(world, task, call)) : errorRow('kling:1203', 'Task not found');
}

function list(world: World, place: Place, query: URLSearchParams, call: Call): Answer {
  const page = Number(query.get('pageNum') ?? 1);
  const size = Number(query.get('pageSize') ?? 30);
  if (!isWithin(page, 1, 1000)) return errorRow('kling:1201', 'pageNum must be between 1 and 1000');
  if (!isWithin(size, 1, 500)) return errorRow('kling:1201', 'pageSize must be between 1 and 500');
  const tasks = world.tasks.newestFirst(AccountBook.idOf('kling', call.key))
    .filter((task) => isAt(task, place) && isListed(task, call));
  return klingSucceeded(tasks.slice((page - 1) * size, page * size).map((task) => klingTask(world, task, call)));
}

function isAt(task: Task, { endpointPath, route }: Place): boolean {
  return task.endpointPath === endpointPath && task.route === route;
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
