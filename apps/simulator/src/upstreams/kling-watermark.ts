/** The copy with a watermark that a Kling request may ask for, in either dialect. It is never there unasked. */
import { isObject } from '../request-body.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';

/** `watermark_url` beside the `url` of a video, where `watermark_info` asked for a copy: in the request itself, or in its `options`. */
export function watermarked(world: World, task: Task, { watermark_info: info }: Readonly<Record<string, unknown>>, now: number): Record<string, unknown> {
  return isObject(info) && info['enabled'] === true ? { watermark_url: world.links.watermarked(task, now) } : {};
}
