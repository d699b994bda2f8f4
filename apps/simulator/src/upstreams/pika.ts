import { problemOfAction, type AceDataService } from './acedata-service.ts';
import { textOf } from './upstream.ts';

/** Pika: a cover beside the video, no echo of prompt or model. `image_url` is a list, in spite of its name. */
export const PIKA: AceDataService = {
  provider: 'pika',
  law: 'pika',
  failure: { code: 'api_error', message: 'generation failed' },
  failsWithoutEnd: false,

  problemOf(body) {
    const { model, image_url: images, ingredients = false, ingredients_mode: mode } = body;
    if (textOf(body['prompt']) === undefined) return 'prompt is required.';
    if (model !== undefined && model !== '2.0' && model !== '1.5') return 'model is invalid.';
    const isList = Array.isArray(images) && images.length > 0 && images.every((image) => textOf(image) !== undefined);
    if (images !== undefined && !isList) return 'image_url is invalid: a list of URLs or Base64 images is needed.';
    if (typeof ingredients !== 'boolean') return 'ingredients is invalid.';
    if (ingredients && model === '1.5') return 'ingredients is supported by model 2.0 only.';
    if (ingredients && !isList) return 'image_url is required with ingredients.';
    if (mode !== undefined && mode !== 'creative' && mode !== 'precise') return 'ingredients_mode is invalid.';
    if (ingredients && mode === undefined) return 'ingredients_mode is required with ingredients.';
    return problemOfAction(body['action'], ['generate']);
  },

  result(world, task, { now, word = 'succeeded', withOutput }) {
    const output = { video_url: world.links.video(task, now), image_url: world.links.cover(task, now), duration: 5 };
    return { data: [{ id: task.traceId, ...withOutput ? output : {}, state: word }] };
  },

  running: (task, phase) => phase === 'submitted' ? null : { task_id: task.id },
};
