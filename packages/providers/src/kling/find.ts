/**
 * Settles an ambiguous Kling submit by `external_task_id`: asked for by path, by query, and sought in the list.
 *
 * Whether Cloudsway forwards any of the three, or gives the ids back, is not documented. So a task counts as ours only when the answer echoes
 * our id, and "absent" is said only by a list that reaches back past the submit, and that echoes the id of some task: one that drops them
 * shows ours without saying so.
 */
import type { FindCall, Found } from '../provider.ts';
import { headersOf } from '../http/endpoint.ts';
import { type JsonObject, numberOf, objectOf } from '../http/json.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { ProviderError } from '../provider-error.ts';
import { klingErrors } from './errors.ts';
import type { KlingRequest } from './request.ts';
import { dialectOf, endpointPathOf, klingUrl, taskOf, videosUrl } from './task.ts';

const PAGE_SIZE = 100;
const MOST_PAGES = 20;
const EARLIER_MS = 60_000;

export async function findByClientId(request: KlingRequest, call: FindCall): Promise<Found | 'absent' | 'unknown'> {
  const { clientId, sentAt, known, access } = call;
  const dialect = dialectOf(request);
  const kind = dialect.kindOf(request);
  const endpointPath = endpointPathOf(access);
  const ask = (rest: string[], query: Record<string, string> = {}) => askTasks(videosUrl(access, endpointPath, kind, rest, query), call);
  const oursAmong = (tasks: JsonObject[]): Found | undefined => {
    const ours = tasks.find((task) => dialect.echoedId(task) === clientId);
    const id = ours && dialect.idOf(ours);
    return id === undefined ? undefined : { task: taskOf(id, request, access), by: 'client-id' };
  };

  const { segments, query } = dialect.lookUp(kind, clientId);
  const found =
    oursAmong((await ask([clientId])) ?? []) ?? oursAmong((await askTasks(klingUrl(access, endpointPath, segments, query), call)) ?? []);
  if (found) return found;

  let echoes = known.foundBefore;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const tasks = await ask([], { pageNum: String(page), pageSize: String(PAGE_SIZE) });
    if (!tasks) return 'unknown';
    const ours = oursAmong(tasks);
    if (ours) return ours;
    echoes ||= tasks.some((task) => dialect.echoedId(task) !== undefined);
    const times = tasks.map((task) => numberOf(dialect.createdAt(task)) ?? Number.NaN);
    if (tasks.length === 0 || reachesBack(times, sentAt - EARLIER_MS)) return echoes ? 'absent' : 'unknown';
  }
  return 'unknown';
}

/** Newest first, and the last of them older than the submit. An unreadable time proves nothing. */
function reachesBack(times: number[], limit: number): boolean {
  const newestFirst = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? Number.NaN));
  return newestFirst && (times.at(-1) ?? Number.NaN) < limit;
}

/** The tasks in the answer; undefined when this way of asking is not understood here. */
async function askTasks(url: string, { access, http, signal }: FindCall): Promise<JsonObject[] | undefined> {
  const answer = await http.free({ method: 'GET', url, headers: headersOf(access), signal });
  try {
    const { data } = outcomeOfPoll(answer, klingErrors, access.apiKey);
    if (Array.isArray(data)) return data.map(objectOf).filter((task) => task !== undefined);
    const task = objectOf(data);
    return task && [task];
  } catch (error) {
    // A server in trouble, or a paused account: ask again another time. A refusal: this way is not known here.
    if (error instanceof ProviderError && (error.kind === 'protocol' || error.kind === 'configuration') && (error.status ?? 500) < 500) return undefined;
    throw error;
  }
}
