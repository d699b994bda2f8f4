/**
 * A Kling task: everything a poll needs years later, whatever the configuration says by then.
 */
import type { AccountAccess, Task } from '../provider.ts';
import { endpoint, originOf } from '../http/endpoint.ts';
import { textOf } from '../http/json.ts';
import { ProviderError } from '../provider-error.ts';
import { idOfTask } from '../task-id.ts';
import { classic } from './classic.ts';
import type { Dialect } from './dialect.ts';
import { TURBO_MODEL } from './models.ts';
import type { KlingRequest } from './request.ts';
import { turbo } from './turbo.ts';

type Query = Record<string, string>;

export function dialectOf(request: KlingRequest): Dialect {
  return request.model_name === TURBO_MODEL ? turbo : classic;
}

export function dialectNameOf(request: KlingRequest): 'classic' | 'turbo' {
  return dialectOf(request) === turbo ? 'turbo' : 'classic';
}

/** Without an access (a person typed the task id) the task names no base URL or endpoint path, and polls use the account's present ones. */
export function taskOf(id: string, request: KlingRequest, access?: AccountAccess): Task {
  const task: Task = { id, dialect: dialectNameOf(request), kind: dialectOf(request).kindOf(request) };
  return access ? { ...task, endpointPath: endpointPathOf(access), baseUrl: originOf(access) } : task;
}

export function dialectOfTask(task: Task): Dialect {
  return task['dialect'] === 'turbo' ? turbo : classic;
}

export function urlsOfTask(task: Task, access: AccountAccess): string[] {
  const endpointPath = endpointPathOfTask(task, access);
  const places = dialectOfTask(task).askedAt(textOf(task['kind']) ?? '', idOfTask(task));
  return places.map(({ segments, query }) => klingUrl(access, endpointPath, segments, query));
}

/** The address that answers for several tasks of the same route as this one. */
export function urlOfTasks(task: Task, { by, query }: ReturnType<Dialect['listOf']>, access: AccountAccess): string {
  const endpointPath = endpointPathOfTask(task, access);
  return by === 'ids' ? klingUrl(access, endpointPath, ['tasks'], query) : routeUrl(access, endpointPath, textOf(task['kind']) ?? '', { query });
}

function endpointPathOfTask(task: Task, access: AccountAccess): string {
  const made = textOf(task['baseUrl']);
  if (made !== undefined && made !== originOf(access)) {
    const now = originOf(access);
    throw new ProviderError('configuration', `This task was made at ${made}, but the account is now configured for ${now}. Set the base URL back.`);
  }
  return textOf(task['endpointPath']) ?? endpointPathOf(access);
}

/** Where tasks of a kind are made and listed; with an id, where one of them is asked for. */
export function routeUrl(access: AccountAccess, endpointPath: string, kind: string, { id, query }: { id?: string; query?: Query } = {}): string {
  return klingUrl(access, endpointPath, ['videos', ...kind.split('/'), ...(id === undefined ? [] : [id])], query);
}

export function klingUrl(access: AccountAccess, endpointPath: string, segments: string[], query: Query = {}): string {
  return endpoint(access, ['v1', 'ai', endpointPath, 'kling', ...segments], query);
}

export function endpointPathOf({ endpointPath }: AccountAccess): string {
  if (endpointPath) return endpointPath;
  throw new ProviderError('configuration', 'Kling needs the endpoint path of your Cloudsway console: set KLING_ENDPOINT_PATH.');
}
