/**
 * Asks for one Kling task. There are several addresses for it, and the gateway may not know each of them. A refused address says nothing about the
 * task: the next one is tried, the account is not paused, and the task is not called missing.
 */
import type { Call, Task } from '../provider.ts';
import { headersOf } from '../http/endpoint.ts';
import { type JsonObject, objectOf } from '../http/json.ts';
import type { UpstreamAnswer } from '../http/upstream-http.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { ProviderError } from '../provider-error.ts';
import { isOfThisAddress, klingErrors, NO_SUCH_RESOURCE } from './errors.ts';
import { dialectOfTask, urlsOfTask } from './task.ts';

/** Answers the task object; `missing` when Kling itself says that there is no such task. Throws ProviderError when no address gave an answer. */
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
      // A refused key, a rate limit or an outage would meet the other address as well.
      if (!isOfThisAddress(error)) throw error;
      unread.push(error);
    }
  }
  const [first] = unread;
  if (first && unread.every(({ code }) => code === NO_SUCH_RESOURCE)) return 'missing';
  if (first && unread.length === urls.length && unread.every(({ kind }) => kind === first.kind)) throw first;
  throw new ProviderError('protocol', 'Kling answered without this task.');
}

/** The answer is a list, or the task alone. An answer about another task is no answer. */
function taskIn(answer: UpstreamAnswer, task: Task, apiKey: string): JsonObject | undefined {
  const dialect = dialectOfTask(task);
  const { data } = outcomeOfPoll(answer, klingErrors, apiKey);
  if (Array.isArray(data)) return data.map(objectOf).find((one) => one !== undefined && dialect.idOf(one) === task['id']);
  const alone = objectOf(data);
  if (alone === undefined) return undefined;
  // Some answers name no id. An object without a state either (a page of a list, an empty object) is no task: the next address is tried.
  const id = dialect.idOf(alone);
  return id === task['id'] || (id === undefined && dialect.statusOf(alone) !== undefined) ? alone : undefined;
}
