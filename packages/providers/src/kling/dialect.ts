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
  /** Where a task is asked for by its id, the likeliest way first. */
  askedAt: (kind: string, id: string) => [Place, ...Place[]];
  /** Where a task is asked for by our id. */
  lookUp: (kind: string, clientId: string) => Place;
  /** Where several tasks are asked for: in the list of their route, or by their ids. */
  listOf: (ids: readonly string[]) => { by: 'route' | 'ids'; query: Record<string, string> };
  /** Out of a create's answer. */
  taskId: (body: JsonObject) => string | undefined;
  /** Out of a task object, from here on: the upstream's id of it, and ours. */
  idOf: (data: JsonObject) => string | undefined;
  echoedId: (data: JsonObject) => string | undefined;
  /** The word for its state; and of a failed one, why. */
  statusOf: (data: JsonObject) => string | undefined;
  reasonOf: (data: JsonObject) => Json | undefined;
  /** Epoch milliseconds, by the upstream's clock. */
  createdAt: (data: JsonObject) => Json | undefined;
  updatedAt: (data: JsonObject) => Json | undefined;
  assetsOf: (data: JsonObject) => Asset[];
  /** What it has cost by the upstream's own word, in units of the account's packages. */
  unitsOf: (data: JsonObject) => number | undefined;
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
