import { isUrl, problemOfAction, type AceDataService } from './acedata-service.ts';
import { textOf } from './upstream.ts';

/** Luma: flat fields instead of `data[]`, and `completed` for done. No field is marked required; nothing at all is refused. */
export const LUMA: AceDataService = {
  provider: 'luma',
  law: 'luma',
  failure: { code: 'bad_request', message: 'the generation was rejected' },
  failsWithoutEnd: false,

  problemOf(body) {
    const { action = 'generate', prompt, video_id: videoId, video_url: videoUrl, timeout } = body;
    for (const name of ['start_image_url', 'end_image_url', 'video_url']) {
      if (body[name] !== undefined && !isUrl(body[name])) return `${name} is invalid.`;
    }
    for (const name of ['loop', 'enhancement', 'async']) {
      if (body[name] !== undefined && typeof body[name] !== 'boolean') return `${name} is invalid.`;
    }
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) return 'timeout is invalid.';
    if (body['aspect_ratio'] !== undefined && textOf(body['aspect_ratio']) === undefined) return 'aspect_ratio is invalid.';
    if (action === 'extend' && textOf(videoId) === undefined && videoUrl === undefined) return 'video_id or video_url is required.';
    if (action === 'generate' && textOf(prompt) === undefined && body['start_image_url'] === undefined && body['end_image_url'] === undefined) {
      return 'prompt is required.';
    }
    return problemOfAction(action, ['generate', 'extend']);
  },

  result(world, task, { now, word = 'completed', withOutput }) {
    const { width, height } = world.media.size(task);
    const output = {
      video_url: world.links.video(task, now), video_width: width, video_height: height,
      thumbnail_url: world.links.cover(task, now), thumbnail_width: width, thumbnail_height: height,
    };
    return { state: word, prompt: task.prompt, video_id: task.traceId, ...withOutput ? output : {} };
  },

  running: (task, phase) => ({ success: true, task_id: task.id, state: phase === 'submitted' ? 'pending' : 'processing' }),
};
