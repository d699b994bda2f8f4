/**
 * The three requests that AceData's video services share. A submit is always asynchronous: a blocking one that breaks
 * loses the task id, and the money with it.
 */
import type { Call, Json, SubmitCall } from '../provider.ts';
import { endpoint, headersOf } from '../http/endpoint.ts';
import { type JsonObject, textOf } from '../http/json.ts';
import { type Accepted, outcomeOfPost } from '../outcome-of-post.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import type { UpstreamAnswer } from '../http/upstream-http.ts';
import type { UpstreamErrors } from '../upstream-errors.ts';
import { transportFields } from './nonce.ts';

export interface Service {
  /** The first segment of its paths. */
  name: string;
  errors: UpstreamErrors;
}

export async function createVideo({ name, errors }: Service, request: JsonObject, call: SubmitCall): Promise<Accepted> {
  const { access, http, signal, maySend } = call;
  const body = JSON.stringify({ ...request, ...transportFields(call) });
  const answer = await http.paid({ method: 'POST', url: endpoint(access, [name, 'videos']), headers: headersOf(access), body, signal, maySend });
  return outcomeOfPost(answer, errors, (answered) => textOf(answered['task_id']), [access.apiKey, call.nonce]);
}

export function retrieve(service: Service, id: string, call: Call): Promise<JsonObject> {
  return askTasks(service, { action: 'retrieve', id }, call);
}

/** The records of these tasks, in any order; 12 at most unless a limit is given. Unknown tasks are left out without a word. */
export function retrieveMany(service: Service, ids: readonly string[], call: Call): Promise<JsonObject> {
  return askTasks(service, { action: 'retrieve_batch', ids: [...ids], offset: 0, limit: ids.length }, call);
}

/** One page of the records of tasks that were created within a time. */
export async function retrieveBatch(service: Service, { from, to, offset, limit }: Page, call: Call): Promise<Batch> {
  const answer = await ask(service, { action: 'retrieve_batch', type: 'videos', created_at_min: from, created_at_max: to, offset, limit }, call);
  return { body: outcomeOfPoll(answer, service.errors, call.access.apiKey), answeredAt: Date.parse(String(answer.headers['date'])) };
}

interface Page {
  /** Unix seconds. */
  from: number;
  to: number;
  offset: number;
  limit: number;
}

interface Batch {
  body: JsonObject;
  /** Epoch milliseconds by the clock of the server that answered; NaN when it did not say. */
  answeredAt: number;
}

async function askTasks(service: Service, question: Record<string, Json>, call: Call): Promise<JsonObject> {
  return outcomeOfPoll(await ask(service, question, call), service.errors, call.access.apiKey);
}

function ask({ name }: Service, question: Record<string, Json>, { access, http, signal }: Call): Promise<UpstreamAnswer> {
  return http.free({ method: 'POST', url: endpoint(access, [name, 'tasks']), headers: headersOf(access), body: JSON.stringify(question), signal });
}
