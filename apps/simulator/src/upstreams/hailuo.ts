import { isUrl, problemOfAction, type AceDataService } from './acedata-service.ts';
import { textOf } from './upstream.ts';

const MODELS = ['minimax-t2v', 'minimax-i2v', 'minimax-i2v-director'];

/** Hailuo: `data[0].id` is the video's id, not the task's. While it runs, a record already says `success: true`. */
export const HAILUO: AceDataService = {
  provider: 'hailuo',
  law: 'hailuo',
  failure: { code: 'api_error', message: 'no channel available for minimax-t2v' },
  failsWithoutEnd: true,

  problemOf(body) {
    const { model = 'minimax-t2v', first_image_url: image } = body;
    if (!MODELS.includes(String(model))) return 'model is invalid.';
    if (image !== undefined && !isUrl(image)) return 'first_image_url is invalid: an http(s) URL is needed, Base64 is not supported.';
    if (String(model).startsWith('minimax-i2v') && image === undefined) return 'first_image_url is required.';
    if (textOf(body['prompt']) === undefined) return 'prompt is required.';
    return problemOfAction(body['action'], ['generate']);
  },

  result(world, task, { now, word = 'succeeded', withOutput }) {
    return {
      data: [{
        id: task.id.replaceAll('-', '').slice(0, 26),
        model: task.request['model'] ?? 'minimax-t2v',
        prompt: task.prompt,
        ...withOutput ? { video_url: world.links.video(task, now) } : {},
        state: word,
      }],
    };
  },

  running: (task, phase) => phase === 'submitted' ? null : { success: true, task_id: task.id },
};
