/**
 * Settles an ambiguous Kling submit by its `external_task_id`. Asks in three ways: by path, by query, and through the list of tasks.
 *
 * It is not documented whether Cloudsway forwards any of the three, or returns the ids. So a task counts as ours only when the answer echoes
 * our id. "absent" is concluded only from a list that reaches back past the submit, or ends with a page that has room, that echoes the id of at least
 * one task (a list that drops the ids may show our task without saying that it is ours), and whose `Date` header agrees with our clock.
 */
import type { FindCall, Found } from '../provider.ts';
import { headersOf } from '../http/endpoint.ts';
import { type JsonObject, numberOf, objectOf } from '../http/json.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { ProviderError } from '../provider-error.ts';
import { isSuccess } from '../upstream-errors.ts';
import { isOfThisAddress, klingErrors } from './errors.ts';
import type { KlingRequest } from './request.ts';
import { dialectOf, endpointPathOf, klingUrl, routeUrl, taskOf } from './task.ts';

const PAGE_SIZE = 100;
const MOST_PAGES = 20;
/** How far the clock of the worker that sent the submit may be from the upstream's. */
const EARLIER_MS = 300_000;
/** When our clock and the upstream's are further apart than this, our task may be older than the list reaches, or the list older than our task. */
const MOST_APART_MS = 240_000;

export async function findByClientId(request: KlingRequest, call: FindCall): Promise<Found | 'absent' | 'unknown'> {
  const asking = new Asking(call);
  return (await lookUp(request, call, asking)) ?? goThroughList(request, call, asking);
}

/** By path, then by query. */
async function lookUp(request: KlingRequest, call: FindCall, asking: Asking): Promise<Found | undefined> {
  const { clientId, access } = call;
  const dialect = dialectOf(request);
  const kind = dialect.kindOf(request);
  const endpointPath = endpointPathOf(access);
  const { segments, query } = dialect.lookUp(kind, clientId);
  for (const url of [routeUrl(access, endpointPath, kind, { id: clientId }), klingUrl(access, endpointPath, segments, query)]) {
    const listed = await asking.ask(url);
    const found = listed && oursIn(listed, request, call);
    if (found) return found;
  }
  return undefined;
}

async function goThroughList(request: KlingRequest, call: FindCall, asking: Asking): Promise<Found | 'absent' | 'unknown'> {
  const { access, known, sentAt } = call;
  const dialect = dialectOf(request);
  let echoes = false;
  let isOneClock = true;
  let wasFull = false;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { pageNum: String(page), pageSize: String(PAGE_SIZE) };
    const listed = await asking.ask(routeUrl(access, endpointPathOf(access), dialect.kindOf(request), { query }));
    if (!listed) break;
    const ours = oursIn(listed, request, call);
    if (ours) return ours;
    const { tasks, answeredAt } = listed;
    if (!(Math.abs(answeredAt - Date.now()) <= MOST_APART_MS)) isOneClock = false;
    echoes ||= tasks.some((task) => dialect.echoedId(task) !== undefined);
    const times = tasks.map((task) => numberOf(dialect.createdAt(task)) ?? Number.NaN);
    if (tasks.length > 0 && !reachesBack(times, sentAt - EARLIER_MS)) {
      wasFull = tasks.length >= PAGE_SIZE;
      continue;
    }
    // Nothing after a full page: perhaps no more of the list is shown here, and ours is further back.
    if (tasks.length === 0 && wasFull) break;
    // An earlier find does not count if one of the ways was answered by a page today: it may be the way that worked then.
    const works = echoes || (known.foundBefore && asking.unread === undefined);
    if (works && isOneClock) return 'absent';
    break;
  }
  // A page in place of an answer may mean an outage, so this look-up proved nothing.
  if (asking.unread) throw asking.unread;
  return 'unknown';
}

function oursIn({ tasks, answeredAt }: Listed, request: KlingRequest, { clientId, access }: FindCall): Found | undefined {
  const dialect = dialectOf(request);
  const ours = tasks.find((task) => dialect.echoedId(task) === clientId);
  const id = ours && dialect.idOf(ours);
  if (ours === undefined || id === undefined) return undefined;
  const ageMs = answeredAt - (numberOf(dialect.createdAt(ours)) ?? Number.NaN);
  return { task: taskOf(id, request, access), by: 'client-id', ...(Number.isNaN(ageMs) ? {} : { ageMs }) };
}

/** Whether the times are in order, newest first, and the last is older than the submit. An unreadable time proves nothing. */
function reachesBack(times: number[], limit: number): boolean {
  const newestFirst = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? Number.NaN));
  return newestFirst && (times.at(-1) ?? Number.NaN) < limit;
}

interface Listed {
  tasks: JsonObject[];
  /** Epoch milliseconds by the upstream's clock (`Date` header); NaN when it did not say. */
  answeredAt: number;
}

/** Asks in one way after another, and remembers the answers that it could not read. */
class Asking {
  /** The last answer that did not come from Kling itself. */
  unread: ProviderError | undefined;
  readonly #call: FindCall;

  constructor(call: FindCall) {
    this.#call = call;
  }

  /** The tasks in the answer; undefined when this way of asking is not understood here. */
  async ask(url: string): Promise<Listed | undefined> {
    const { access, http, signal } = this.#call;
    const answer = await http.free({ method: 'GET', url, headers: headersOf(access), signal });
    try {
      const { data } = outcomeOfPoll(answer, klingErrors, access.apiKey);
      const tasks = (Array.isArray(data) ? data : [data]).map(objectOf).filter((task) => task !== undefined);
      return Array.isArray(data) || tasks.length > 0 ? { tasks, answeredAt: Date.parse(String(answer.headers['date'])) } : undefined;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (isUnread(error)) this.unread = error;
      // A refusal means that the gateway does not know this way. Any other error (a server in trouble, a paused account) ends the look-up.
      else if (!isOfThisAddress(error)) throw error;
      return undefined;
    }
  }
}

/** HTTP says success, but the body is not Kling's, such as a gateway's page. */
function isUnread({ status = 500, code }: ProviderError): boolean {
  return isSuccess(status) && code === undefined;
}
