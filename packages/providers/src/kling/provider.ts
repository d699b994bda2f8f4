/**
 * Kling through Cloudsway's MaaS_KL: text or an image becomes a video, in two dialects, found again by `external_task_id`.
 */
import type { Provider, SubmitCall } from '../provider.ts';
import { definedOnly } from '../defined-only.ts';
import { headersOf } from '../http/endpoint.ts';
import { outcomeOfPost } from '../outcome-of-post.ts';
import { wireImage } from '../stored-image.ts';
import { idOfTask, typedTaskId } from '../task-id.ts';
import { askTask } from './ask-task.ts';
import { readKlingCallback } from './callback.ts';
import { klingErrors } from './errors.ts';
import { findByClientId } from './find.ts';
import { klingModels } from './models.ts';
import { listOf, pollListed } from './poll-many.ts';
import { klingParams } from './params.ts';
import { progressOf } from './progress.ts';
import { type KlingRequest, klingRequest } from './request.ts';
import { dialectNameOf, dialectOf, dialectOfTask, endpointPathOf, routeUrl, taskOf } from './task.ts';

/** By Kling's own page: raw Base64 without a `data:` prefix, JPEG or PNG, at most 10 MB. */
const IMAGES = { contentTypes: ['image/jpeg', 'image/png'], maxBytes: 10 * 1024 * 1024, form: 'base64' } as const;

export const kling: Provider<KlingRequest> = {
  name: 'kling',
  title: "Kling through Cloudsway's MaaS_KL",
  request: klingRequest,
  params: klingParams,
  models: klingModels,
  image: 'url-or-bytes',
  imageTypes: IMAGES.contentTypes,
  imageParams: ['image_tail', 'static_mask'],
  // No page says how long a task takes. Clients have published averages of 164 s (image) and 319 s (text), and single tasks of more than an hour.
  pace: { firstPollMs: 60_000, minMs: 15_000, maxMs: 60_000, deadlineMs: 75 * 60_000, missingGraceMs: 5 * 60_000 },

  async submit(request, call) {
    const { access, http, signal, maySend, clientId, callbackUrl } = call;
    const dialect = dialectOf(request);
    const url = routeUrl(access, endpointPathOf(access), dialect.kindOf(request));
    const body = JSON.stringify(dialect.body(await withImages(request, call), { external_task_id: clientId, callback_url: callbackUrl }));
    const answer = await http.paid({ method: 'POST', url, headers: headersOf(access), body, signal, maySend });
    const { id } = outcomeOfPost(answer, klingErrors, dialect.taskId, [access.apiKey, call.nonce]);
    return { task: taskOf(id, request, access) };
  },

  async poll(task, call) {
    const shown = await askTask(task, call);
    return shown === 'missing' ? { state: 'missing' } : progressOf(dialectOfTask(task), shown, call.access.apiKey);
  },

  pollMany: pollListed,
  together: { most: 50, group: listOf },

  readCallback: readKlingCallback,
  async recognise(task, call) {
    const shown = await askTask(task, call);
    if (shown === 'missing') return 'missing';
    return call.clientId !== '' && dialectOfTask(task).echoedId(shown) === call.clientId ? 'client-id' : null;
  },

  find: findByClientId,
  addressedModel: ({ model_name }) => model_name,
  lookupOf: (request) => `kling:${dialectNameOf(request)}`,
  taskKey: idOfTask,
  taskFrom(text, request, endpointPath) {
    const id = typedTaskId(text, /^[\w-]{1,64}$/, 'the task_id that Kling gave, a long number');
    return { ...taskOf(id, request), ...definedOnly({ endpointPath }) };
  },
};

async function withImages(request: KlingRequest, call: SubmitCall): Promise<KlingRequest> {
  const load = (image: string | undefined) => (image === undefined ? undefined : wireImage(image, IMAGES, call));
  const { image, image_tail, static_mask, dynamic_masks } = request;
  return {
    ...request,
    image: await load(image),
    image_tail: await load(image_tail),
    static_mask: await load(static_mask),
    dynamic_masks: dynamic_masks && (await Promise.all(dynamic_masks.map(async (brush) => ({ ...brush, mask: await wireImage(brush.mask, IMAGES, call) })))),
  };
}
