/**
 * One Kling task, asked for alone. A way of asking that the gateway does not know says nothing of the task: then the next one is tried, and neither is
 * the account paused nor the task called missing by it.
 */
import type { Call, Task } from '../provider.ts';
import { headersOf } from '../http/endpoint.ts';
import { type JsonObject, objectOf } from '../http/json.ts';
import type { UpstreamAnswer } from '../http/upstream-http.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { ProviderError } from '../provider-error.ts';
import { klingErrors, NO_SUCH_RESOURCE } from './errors.ts';
import { dialectOfTask, urlsOfTask } from './task.ts';

/** The task as it is shown; `missing` by Kling's own word. Throws ProviderError when it could not be asked for. */
export async function askTask(task: Task, { access, http, signal }: Call): Promise<JsonObject | 'missing'> {
  const unread: ProviderError[] = [];
  const urls = urlsOfTask(task, access);
  for (const url of urls) {
    const answer = await http.free({ method: 'GET', url, headers: headersOf(access), signal });
    try {
      const found = taskIn(answer, task, access.apiKey);
      if (found) return found;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // A refused key, a rate, an outage: the other way would meet the same.
      if (!isOfThisWay(error)) throw error;
      unread.push(error);
    }
  }
  const [first] = unread;
  if (first && unread.every(({ code }) => code === NO_SUCH_RESOURCE)) return 'missing';
  if (first && unread.length === urls.length && unread.every(({ kind }) => kind === first.kind)) throw first;
  throw new ProviderError('protocol', 'Kling answered without this task.');
}

/** A list, or the task alone. An answer about another task is none about this one. */
function taskIn(answer: UpstreamAnswer, task: Task, apiKey: string): JsonObject | undefined {
  const dialect = dialectOfTask(task);
  const { data } = outcomeOfPoll(answer, klingErrors, apiKey);
  if (Array.isArray(data)) return data.map(objectOf).find((one) => one !== undefined && dialect.idOf(one) === task['id']);
  const alone = objectOf(data);
  if (alone === undefined) return undefined;
  // Some answers name no id. What says no state either (a page of a list, an empty object) is no task, and must not hide the other way.
  const id = dialect.idOf(alone);
  return id === task['id'] || (id === undefined && dialect.statusOf(alone) !== undefined) ? alone : undefined;
}

function isOfThisWay({ kind, status = 500 }: ProviderError): boolean {
  return (kind === 'protocol' || kind === 'configuration') && status < 500;
}
