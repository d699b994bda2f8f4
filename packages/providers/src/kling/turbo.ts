/**
 * The newer dialect of Kling (`kling-3.0-turbo`): settings and options, `id`, `status`, "succeeded", times under other names.
 *
 * Kept apart from the older one on purpose. A parser that takes whichever key is there first reads the wrong one some day.
 */
import type { Progress } from '../provider.ts';
import { asset, doneWithoutVideo, succeededWith } from '../asset.ts';
import { type JsonObject, objectOf, textOf } from '../http/json.ts';
import { plainText } from '../http/plain-text.ts';
import type { Dialect } from './dialect.ts';
import { withTook } from '../took.ts';
import { reportedIn, withReported } from './reported.ts';

export const turbo: Dialect = {
  kindOf: () => 'text-to-video/kling-3.0-turbo',
  body: ({ prompt, resolution, aspect_ratio, duration, watermark_info }, mark) => ({
    prompt,
    settings: { resolution, aspect_ratio, duration: duration === undefined ? undefined : Number(duration) },
    options: { watermark_info, ...mark },
  }),
  // Kling itself knows the first alone. Which of them Cloudsway forwards is not documented.
  askedAt: (kind, id) => [
    { segments: ['tasks'], query: { task_ids: id } },
    { segments: ['videos', ...kind.split('/'), id], query: {} },
  ],
  lookUp: (_kind, clientId) => ({ segments: ['tasks'], query: { external_task_ids: clientId } }),
  listOf: (ids) => ({ by: 'ids', query: { task_ids: ids.join(',') } }),
  taskId: (body) => textOf(objectOf(body['data'])?.['id']),
  echoedId: (data) => textOf(data['external_id']) ?? textOf(data['external_task_id']),
  idOf: (data) => textOf(data['id']),
  createdAt: (data) => data['create_time'],
  statusOf: (data) => textOf(data['status']),
  progress,
};

function progress(data: JsonObject, secret: string): Progress {
  const status = turbo.statusOf(data);
  switch (status) {
    case 'submitted':
      return { state: 'pending', phase: 'queued' };
    case 'processing':
      return { state: 'pending', phase: 'running' };
    case 'succeeded':
    case 'succeed':
      return withTook(withReported(succeededWith(outputsOf(data)), reportedIn(data)), { from: data['create_time'], to: data['update_time'], unitMs: 1 }) ?? doneWithoutVideo('Kling');
    case 'failed': {
      const message = plainText(data['message'], secret) || 'Kling gave no reason.';
      return { state: 'failed', failure: { kind: 'upstream', message, retryable: false } };
    }
    default:
      return { state: 'pending', phase: 'running', note: `unknown status "${plainText(status ?? '', secret)}"` };
  }
}

function outputsOf(data: JsonObject) {
  const outputs = Array.isArray(data['outputs']) ? data['outputs'].map(objectOf) : [];
  return outputs.flatMap((output) => {
    const seconds = output?.['duration'];
    if (output?.['type'] === 'image') return asset('cover', output['url'], { seconds });
    return [...asset('video', output?.['url'], { seconds }), ...asset('other', output?.['watermark_url'], { seconds })];
  });
}
