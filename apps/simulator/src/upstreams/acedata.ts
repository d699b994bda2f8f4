import { admit } from '../admission.ts';
import { json, type Answer } from '../answer.ts';
import { errorRow } from '../faults/error-rows.ts';
import { phaseOf, type Phase, type Task } from '../task.ts';
import type { World } from '../world.ts';
import { finishedBody } from './acedata-record.ts';
import type { AceDataService } from './acedata-service.ts';
import { lookUp, wantedIds } from './acedata-tasks.ts';
import { HAILUO } from './hailuo.ts';
import { LUMA } from './luma.ts';
import { PIKA } from './pika.ts';
import { textOf, type Call, type Recognised, type Upstream } from './upstream.ts';

const SERVICES: readonly AceDataService[] = [HAILUO, PIKA, LUMA];

/** AceData Cloud: one token, three services, two doors each: `/videos` makes a task, `/tasks` tells of one or of many. */
export function aceData(world: World): Upstream {
  return {
    recognise({ method, path }, body) {
      const [, name, door] = /^\/(hailuo|pika|luma)\/([a-z]+)$/.exec(path) ?? [];
      const service = SERVICES.find(({ provider }) => provider === name);
      if (service === undefined) return undefined;
      const found = method === 'POST' ? recogniseDoor(world, service, door, body) : undefined;
      const { answer, ...rest } = found ?? { provider: service.provider, kind: 'other', taskIds: [], answer: () => errorRow('acedata:no_api') };
      return { ...rest, answer: (call) => refusedKey(world, call) ?? answer(call) };
    },
  };
}

/** What goes to a callback address: the whole result, at the end only. */
export function aceDataCallback(world: World, task: Task, phase: Phase, now: number): unknown {
  const service = SERVICES.find(({ provider }) => provider === task.provider);
  return service !== undefined && (phase === 'succeeded' || phase === 'failed') ? finishedBody(world, service, task, { now, quirks: {} }) : undefined;
}

function recogniseDoor(world: World, service: AceDataService, door: string | undefined, body?: Record<string, unknown>): Recognised | undefined {
  const { provider } = service;
  if (door === 'videos') return { provider, kind: 'create', taskIds: [], answer: (call) => create(world, service, call) };
  if (door !== 'tasks') return undefined;
  const taskIds = body === undefined ? [] : wantedIds(body);
  const isList = body !== undefined && taskIds.length === 0 && body['action'] === 'retrieve_batch';
  return { provider, kind: isList ? 'list' : 'poll', taskIds, answer: (call) => lookUp(world, service, call) };
}

function refusedKey({ settings }: World, { key }: Call): Answer | undefined {
  if (key === '') return errorRow('acedata:no_token');
  return settings.keys?.includes(key) === false ? errorRow('acedata:invalid_token') : undefined;
}

function create(world: World, service: AceDataService, call: Call): Answer | Promise<Answer> {
  const { body } = call;
  if (body === undefined) return errorRow('acedata:bad_request', 'the body is not valid JSON.');
  const problem = service.problemOf(body);
  if (problem !== undefined) return errorRow('acedata:bad_request', problem);
  const callbackUrl = textOf(body['callback_url']);
  const task = admit(world, {
    provider: service.provider, law: service.law, route: 'videos', request: body, prompt: textOf(body['prompt']) ?? '',
    model: textOf(body['model']), nonce: textOf(body['trace_id']), callbackUrl,
  }, call);
  if (task === 'full') return errorRow('acedata:rate_limited');
  if (call.now >= task.finishesAt) return finished(world, service, task, call);
  if (body['async'] === true) return json(200, { success: true, task_id: task.id });
  if (callbackUrl !== undefined) return json(200, { task_id: task.id });
  return blocking(world, service, task, call);
}

/** Without `async` and `callback_url` the connection is held until the end, or until the documented timeout. */
async function blocking(world: World, service: AceDataService, task: Task, call: Call): Promise<Answer> {
  const seconds = Number(call.body?.['timeout'] ?? (service.provider === 'luma' ? 300 : Infinity));
  const patience = call.now + seconds * 1000 / world.settings.speed;
  await world.alarms.reached(Math.min(task.finishesAt, patience));
  return patience < task.finishesAt ? errorRow('acedata:timeout') : finished(world, service, task, { ...call, now: Math.max(Date.now(), task.finishesAt) });
}

function finished(world: World, service: AceDataService, task: Task, call: Call): Answer {
  return json(phaseOf(task, call.now) === 'failed' ? 500 : 200, finishedBody(world, service, task, call));
}
