import { phaseOf, updatedAt, type Task } from '../task.ts';
import type { World } from '../world.ts';
import { watermarked } from './kling-watermark.ts';
import { quirksOf, type Moment } from './moment.ts';
import { shown } from './upstream.ts';

/** A task in Kling's second dialect: `id`, `status`, `create_time`, `outputs`, and `succeeded` where the first says `succeed`. */
export function klingTurboTask(world: World, task: Task, moment: Moment): Record<string, unknown> {
  const { now } = moment;
  const phase = phaseOf(task, now);
  const { noOutput, unknownWord } = quirksOf(task, moment);
  const done = phase === 'succeeded' && unknownWord !== true;
  return {
    id: task.id,
    status: unknownWord === true ? 'in_review' : phase,
    message: phase === 'failed' ? task.failure?.reason ?? 'Failure to pass the risk control system' : '',
    create_time: Math.floor(task.acceptedAt),
    update_time: Math.floor(updatedAt(task, now)),
    ...task.externalId === undefined ? {} : { external_id: task.externalId },
    ...done ? { outputs: noOutput === true ? [] : [output(world, task, now)], billing: [{ charge_type: 'unit', amount: '3.5', package_type: 'video' }] } : {},
  };
}

export function isTurbo(task: Task): boolean {
  return task.provider === 'kling' && task.route.endsWith('-to-video');
}

function output(world: World, task: Task, now: number): Record<string, unknown> {
  const settings = task.request['settings'] as Record<string, unknown> | undefined;
  const options = (task.request['options'] ?? {}) as Record<string, unknown>;
  return {
    type: 'video', id: `${task.id.slice(0, -1)}0`, url: world.links.video(task, now), ...watermarked(world, task, options, now),
    duration: shown(settings?.['duration'] ?? 5),
  };
}
