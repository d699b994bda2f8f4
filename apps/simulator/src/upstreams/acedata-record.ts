import { phaseOf, type Task } from '../task.ts';
import type { World } from '../world.ts';
import { publishedRecord } from './acedata-published-records.ts';
import type { AceDataService } from './acedata-service.ts';
import { quirksOf, type Moment } from './moment.ts';

/** What `/tasks` stores of a task: no status of its own, the request as it came, and the response as far as there is one. */
export function aceDataRecord(world: World, service: AceDataService, task: Task, moment: Moment): Record<string, unknown> {
  const { now } = moment;
  const { record: published, unknownWord } = quirksOf(task, moment);
  const base = {
    _id: task.id.replaceAll('-', '').slice(0, 24), id: task.id, api_id: `api-${service.provider}`, application_id: 'simulated', credential_id: 'simulated',
    user_id: 'simulated', trace_id: task.traceId, type: 'videos', created_at: task.acceptedAt / 1000, request: task.request,
  };
  if (published !== undefined) return publishedRecord(published, base, task, { url: world.links.video(task, now), now });
  const phase = phaseOf(task, now);
  const running = phase === 'submitted' || phase === 'processing';
  if (running && unknownWord !== true) return { ...base, finished_at: null, response: service.running(task, phase) };
  const response = running || unknownWord === true
    ? { success: true, task_id: task.id, ...service.result(world, task, { now, word: 'in_review', withOutput: false }) }
    : finishedBody(world, service, task, moment);
  if (running || (phase === 'failed' && service.failsWithoutEnd)) return { ...base, response };
  return { ...base, response, finished_at: task.finishesAt / 1000 };
}

/** The whole result, as a blocking call answers and a callback brings it. */
export function finishedBody(world: World, service: AceDataService, task: Task, moment: Moment): Record<string, unknown> {
  const { now } = moment;
  const ids = { task_id: task.id, trace_id: task.traceId };
  if (phaseOf(task, now) === 'failed') {
    const { code, reason } = task.failure ?? {};
    return { success: false, ...ids, error: { code: code ?? service.failure.code, message: reason ?? service.failure.message } };
  }
  const { noOutput, unknownWord } = quirksOf(task, moment);
  const shape = { now, withOutput: noOutput !== true && unknownWord !== true, word: unknownWord === true ? 'in_review' : undefined };
  return { success: true, ...ids, ...service.result(world, task, shape) };
}
