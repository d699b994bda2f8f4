/**
 * Polls several Kling tasks of one route with one request. The newer dialect is asked by their ids; the older one for the list of newest tasks, where
 * tasks in flight stand near the top. It is not documented whether Cloudsway forwards either, so a task that the answer leaves out is polled alone.
 */
import type { Call, Progress, Task } from '../provider.ts';
import { certainAnswers } from '../certain-answers.ts';
import { headersOf } from '../http/endpoint.ts';
import { objectOf, textOf } from '../http/json.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { ProviderError } from '../provider-error.ts';
import { idOfTask } from '../task-id.ts';
import { klingErrors } from './errors.ts';
import { progressOf } from './progress.ts';
import { dialectOfTask, urlOfTasks } from './task.ts';

export async function pollListed(tasks: readonly Task[], { access, http, signal }: Call): Promise<Map<string, Progress>> {
  const [first] = tasks;
  if (first === undefined) return new Map();
  const dialect = dialectOfTask(first);
  const ids = tasks.map(idOfTask);
  const answer = await http.free({ method: 'GET', url: urlOfTasks(first, dialect.listOf(ids), access), headers: headersOf(access), signal });
  const { data } = outcomeOfPoll(answer, klingErrors, access.apiKey);
  if (!Array.isArray(data)) throw new ProviderError('protocol', 'Kling answered a question about many tasks without a list.');
  // A list may show less of a task than a poll of it alone. A task without a state in the list may have ended, so it is left out.
  const found = data.map(objectOf).filter((task) => task !== undefined).filter((task) => dialect.statusOf(task) !== undefined);
  return certainAnswers(ids, found.map((task) => [dialect.idOf(task), progressOf(dialect, task, access.apiKey)] as const));
}

/** Tasks with the same answer here can be asked for in one request: the upstream knows a task only under the route that created it. */
export function listOf(task: Task): string {
  return ['baseUrl', 'endpointPath', 'dialect', 'kind'].map((field) => textOf(task[field]) ?? '').join(' ');
}
