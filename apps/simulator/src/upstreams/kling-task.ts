import { randomUUID } from 'node:crypto';
import { json, type Answer } from '../answer.ts';
import { phaseOf, updatedAt, type Phase, type Task } from '../task.ts';
import type { World } from '../world.ts';
import { watermarked } from './kling-watermark.ts';
import { quirksOf, type Moment } from './moment.ts';

/** A task in Kling's first dialect. The reason of a failure is in `task_status_msg` alone: the envelope still says SUCCEED. */
export function klingTask(world: World, task: Task, moment: Moment): Record<string, unknown> {
  const { now } = moment;
  const phase = phaseOf(task, now);
  const { noOutput, unknownWord } = quirksOf(task, moment);
  return {
    task_id: task.id,
    task_status: unknownWord === true ? 'in_review' : WORDS[phase],
    task_status_msg: phase === 'failed' ? task.failure?.reason ?? 'Image pixel is invalid' : '',
    task_info: task.externalId === undefined ? {} : { external_task_id: task.externalId },
    task_result: phase === 'succeeded' && unknownWord !== true ? { videos: noOutput === true ? [] : [video(world, task, now)] } : {},
    created_at: Math.floor(task.acceptedAt),
    updated_at: Math.floor(updatedAt(task, now)),
  };
}

/** The envelope of everything that went well. */
export function klingSucceeded(data: unknown): Answer {
  return json(200, { code: 0, message: 'SUCCEED', request_id: randomUUID(), data });
}

const WORDS: Readonly<Record<Phase, string>> = { submitted: 'submitted', processing: 'processing', succeeded: 'succeed', failed: 'failed' };

function video(world: World, task: Task, now: number): Record<string, unknown> {
  const asked = task.request['duration'];
  const duration = typeof asked === 'string' ? asked : '5';
  return { id: `${task.id.slice(0, -1)}0`, url: world.links.video(task, now), ...watermarked(world, task, task.request, now), duration };
}
