/**
 * The older dialect of Kling: `text2video` and `image2video`, `task_id`, `task_status`, "succeed".
 */
import { asset } from '../asset.ts';
import { type JsonObject, numberOf, objectOf, textOf } from '../http/json.ts';
import type { Dialect } from './dialect.ts';

/** Tasks on one page of the list, which bounds how many newer tasks of others may stand between ours. Kling allows 500 at most. */
const SHORTEST_PAGE = 30;
const OTHERS_BETWEEN = 5;

export const classic: Dialect = {
  kindOf: (request) => (request.image === undefined ? 'text2video' : 'image2video'),
  body: (request, mark) => ({ ...request, ...mark }),
  askedAt: (kind, id) => [{ segments: ['videos', kind, id], query: {} }],
  lookUp: (kind, clientId) => ({ segments: ['videos', kind], query: { external_task_id: clientId } }),
  listOf: (ids) => ({ by: 'route', query: { pageNum: '1', pageSize: String(Math.max(SHORTEST_PAGE, ids.length * OTHERS_BETWEEN)) } }),
  taskId: (body) => textOf(objectOf(body['data'])?.['task_id']),
  idOf: (data) => textOf(data['task_id']),
  echoedId: (data) => textOf(objectOf(data['task_info'])?.['external_task_id']) ?? textOf(data['external_task_id']),
  statusOf: (data) => textOf(data['task_status']),
  reasonOf: (data) => data['task_status_msg'],
  createdAt: (data) => data['created_at'],
  updatedAt: (data) => data['updated_at'],
  assetsOf: (data) => videosIn(objectOf(data['task_result'])),
  unitsOf: (data) => numberOf(data['final_unit_deduction']),
};

function videosIn(result: JsonObject | undefined) {
  const videos = Array.isArray(result?.['videos']) ? result['videos'].map(objectOf) : [];
  return videos.flatMap((video) => [
    ...asset('video', video?.['url'], { seconds: video?.['duration'] }),
    ...asset('other', video?.['watermark_url'], { seconds: video?.['duration'] }),
  ]);
}
