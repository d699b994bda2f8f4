/**
 * What differs between Kling's two dialects. A task remembers its own, since the upstream knows it only under the path it was made by.
 */
import type { Asset, Json } from '../provider.ts';
import type { JsonObject } from '../http/json.ts';
import type { KlingRequest } from './request.ts';

export interface Dialect {
  /** The path after `kling/videos`, the same for create and query. */
  kindOf: (request: KlingRequest) => string;
  /** The body of a create; undefined fields are not sent. */
  body: (request: KlingRequest, mark: Mark) => object;
  /** The addresses that answer for a task by its id, the likeliest first. */
  askedAt: (kind: string, id: string) => [Place, ...Place[]];
  /** The address that answers for a task by our `external_task_id`. */
  lookUp: (kind: string, clientId: string) => Place;
  /** The address that answers for several tasks: the list of their route, or a query by their ids. */
  listOf: (ids: readonly string[]) => { by: 'route' | 'ids'; query: Record<string, string> };
  /** The task's id in the answer to a create. */
  taskId: (body: JsonObject) => string | undefined;
  /** From here on, read from a task object: the upstream's id of it, and ours. */
  idOf: (data: JsonObject) => string | undefined;
  echoedId: (data: JsonObject) => string | undefined;
  /** The word for its state, and the reason when it failed. */
  statusOf: (data: JsonObject) => string | undefined;
  reasonOf: (data: JsonObject) => Json | undefined;
  /** Epoch milliseconds, by the upstream's clock. */
  createdAt: (data: JsonObject) => Json | undefined;
  updatedAt: (data: JsonObject) => Json | undefined;
  assetsOf: (data: JsonObject) => Asset[];
  /** What the upstream says it has cost, in units of the account's packages. */
  unitsOf: (data: JsonObject) => number | undefined;
}

/** The path after `kling`, and the query. */
interface Place {
  segments: string[];
  query: Record<string, string>;
}

/** The fields that every create carries for our own use. */
interface Mark {
  external_task_id: string;
  callback_url?: string | undefined;
}
