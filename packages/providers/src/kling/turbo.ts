/**
 * The newer dialect of Kling (`kling-3.0-turbo`): settings and options, `id`, `status`, "succeeded", times under other names.
 *
 * Kept apart from the older dialect on purpose: a parser that takes whichever key it finds first would read the wrong one some day.
 */
import { asset } from '../asset.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../http/json.ts';
import type { Dialect } from './dialect.ts';

export const turbo: Dialect = {
  kindOf: () => 'text-to-video/kling-3.0-turbo',
  body: ({ prompt, resolution, aspect_ratio, duration, watermark_info }, mark) => ({
    prompt,
    settings: { resolution, aspect_ratio, duration: duration === undefined ? undefined : Number(duration) },
    options: { watermark_info, ...mark },
  }),
  // Kling itself documents the first address only. Which of the two Cloudsway forwards is not documented.
  askedAt: (kind, id) => [
    { segments: ['tasks'], query: { task_ids: id } },
    { segments: ['videos', ...kind.split('/'), id], query: {} },
  ],
  lookUp: (_kind, clientId) => ({ segments: ['tasks'], query: { external_task_ids: clientId } }),
  listOf: (ids) => ({ by: 'ids', query: { task_ids: ids.join(',') } }),
  taskId: (body) => textOf(objectOf(body['data'])?.['id']),
  idOf: (data) => textOf(data['id']),
  echoedId: (data) => textOf(data['external_id']) ?? textOf(data['external_task_id']),
  statusOf: (data) => textOf(data['status']),
  reasonOf: (data) => data['message'],
  createdAt: (data) => data['create_time'],
  updatedAt: (data) => data['update_time'],
  assetsOf: outputsOf,
  unitsOf,
};

function outputsOf(data: JsonObject) {
  const outputs = Array.isArray(data['outputs']) ? data['outputs'].map(objectOf) : [];
  return outputs.flatMap((output) => {
    const seconds = output?.['duration'];
    if (output?.['type'] === 'image') return asset('cover', output['url'], { seconds });
    return [...asset('video', output?.['url'], { seconds }), ...asset('other', output?.['watermark_url'], { seconds })];
  });
}

/** Only rows in units of packages count; rows in another unit (money) are left out. */
function unitsOf(data: JsonObject): number | undefined {
  const rows = Array.isArray(data['billing']) ? data['billing'].map(objectOf).filter((row) => row?.['charge_type'] === 'unit') : [];
  return rows.length === 0 ? undefined : rows.reduce((sum, row) => sum + (numberOf(row?.['amount']) ?? 0), 0);
}
