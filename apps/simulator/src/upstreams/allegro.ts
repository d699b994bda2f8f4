import { AccountBook } from '../account-book.ts';
import { admit } from '../admission.ts';
import { json, type Answer } from '../answer.ts';
import { errorRow } from '../faults/error-rows.ts';
import { phaseOf, type Task } from '../task.ts';
import type { World } from '../world.ts';
import { isHidden, quirksOf } from './moment.ts';
import { textOf, type Call, type Upstream } from './upstream.ts';

/**
 * Rhymes AI's Allegro. One envelope for everything, `status` 0 for success; a failed video is error JSON as text inside of
 * that success, and an id that it never gave out looks exactly like a video that is not ready.
 */
export function allegro(world: World): Upstream {
  return {
    recognise({ method, path, query }) {
      if (path === '/v1/generateVideoSyn' && method === 'POST') {
        return { provider: 'allegro', kind: 'create', taskIds: [], answer: (call) => guarded(world, call, () => create(world, call)) };
      }
      if (path === '/v1/videoQuery' && method === 'GET') {
        const id = query.get('requestId') ?? '';
        return { provider: 'allegro', kind: 'poll', taskIds: [id], answer: (call) => guarded(world, call, () => showTask(world, id, call)) };
      }
      return undefined;
    },
  };
}

function guarded({ settings }: World, { key }: Call, answer: () => Answer): Answer {
  return key === '' || settings.keys?.includes(key) === false ? errorRow('allegro:401') : answer();
}

function create(world: World, call: Call): Answer {
  const { body } = call;
  if (body === undefined) return refusal('request body is not valid JSON');
  const problem = problemOf(body);
  if (problem !== undefined) return refusal(problem);
  const task = admit(world, {
    provider: 'allegro', law: 'allegro', route: 'videos', request: body, prompt: String(body['refined_prompt']),
  }, call);
  return task === 'full' ? errorRow('allegro:429') : envelope(task.id);
}

function problemOf(body: Record<string, unknown>): string | undefined {
  const refined = textOf(body['refined_prompt']);
  if (refined === undefined) return 'refined_prompt is required';
  if (refined.trim().split(/\s+/).length < 8) return 'refined_prompt must have at least 8 words';
  if (textOf(body['user_prompt']) === undefined) return 'user_prompt is required';
  for (const field of ['num_step', 'cfg_scale', 'rand_seed']) {
    if (typeof body[field] !== 'number') return `${field} is required and must be a number`;
  }
  return ['num_step', 'rand_seed'].map((field) => Number.isInteger(body[field]) ? undefined : `${field} must be an integer`).find(Boolean);
}

function showTask(world: World, id: string, call: Call): Answer {
  const task = world.tasks.get(id);
  if (task?.account !== AccountBook.idOf('allegro', call.key) || isHidden(task, call)) return envelope('');
  const phase = phaseOf(task, call.now);
  if (phase === 'failed') return envelope(failureText(task));
  if (phase !== 'succeeded' || quirksOf(task, call).noOutput === true) return envelope('');
  return envelope(world.links.video(task, call.now));
}

function failureText({ failure }: Task): string {
  const code = failure?.code === undefined ? 503 : Number(failure.code) || failure.code;
  return `error: ${JSON.stringify({ code, type: 'InternalServerException', message: failure?.reason ?? 'Prediction failed' })}`;
}

function envelope(data: string): Answer {
  return json(200, { message: '成功', data, status: 0 });
}

function refusal(message: string): Answer {
  return json(200, { message, data: '', status: 1 });
}
