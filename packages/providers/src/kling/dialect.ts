/**
 * What differs between Kling's two dialects. A task remembers its own, since the upstream knows it only under the path it was made by.
 */
import type { Json, Progress } from '../provider.ts';
import type { JsonObject } from '../http/json.ts';
import type { KlingRequest } from './request.ts';

export interface Dialect {
  /** The path after `kling/videos`, the same for create and query. */
  kindOf: (request: KlingRequest) => string;
  /** The body of a create; undefined fields are not sent. */
  body: (request: KlingRequest, mark: Mark) => object;
  /** Where a task is asked for by its id, the likeliest way first. */
  askedAt: (kind: string, id: string) => [Place, ...Place[]];
  /** Where a task is asked for by our id. */
  lookUp: (kind: string, clientId: string) => Place;
  /** Where several tasks are asked for: in the list of their route, or by their ids. */
  listOf: (ids: readonly string[]) => { by: 'route' | 'ids'; query: Record<string, string> };
  /** Out of a create's answer. */
  taskId: (body: JsonObject) => string | undefined;
  /** Out of a task object: our id, the upstream's id, the time of creation in milliseconds, the word for its state, the state. */
  echoedId: (data: JsonObject) => string | undefined;
  idOf: (data: JsonObject) => string | undefined;
  createdAt: (data: JsonObject) => Json | undefined;
  statusOf: (data: JsonObject) => string | undefined;
  progress: (data: JsonObject, secret: string) => Progress;
}

/** The path after `kling`, and the query. */
interface Place {
  segments: string[];
  query: Record<string, string>;
}

/** What every create carries for us. */
interface Mark {
  external_task_id: string;
  callback_url?: string | undefined;
}
