/**
 * The older dialect of Kling: `text2video` and `image2video`, `task_id`, `task_status`, "succeed".
 */
import type { Progress } from '../provider.ts';
import { asset, doneWithoutVideo, succeededWith } from '../asset.ts';
import { type JsonObject, objectOf, textOf } from '../http/json.ts';
import { plainText } from '../http/plain-text.ts';
import type { Dialect } from './dialect.ts';
import { withTook } from '../took.ts';
import { reportedIn, withReported } from './reported.ts';

/** Kling's own page; and how many newer tasks of others may stand between ours. Its largest page is 500. */
const SHORTEST_PAGE = 30;
const OTHERS_BETWEEN = 5;

export const classic: Dialect = {
  kindOf: (request) => (request.image === undefined ? 'text2video' : 'image2video'),
  body: (request, mark) => ({ ...request, ...mark }),
  askedAt: (kind, id) => [{ segments: ['videos', kind, id], query: {} }],
  lookUp: (kind, clientId) => ({ segments: ['videos', kind], query: { external_task_id: clientId } }),
  listOf: (ids) => ({ by: 'route', query: { pageNum: '1', pageSize: String(Math.max(SHORTEST_PAGE, ids.length * OTHERS_BETWEEN)) } }),
  taskId: (body) => textOf(objectOf(body['data'])?.['task_id']),
  echoedId: (data) => textOf(objectOf(data['task_info'])?.['external_task_id']) ?? textOf(data['external_task_id']),
  idOf: (data) => textOf(data['task_id']),
  createdAt: (data) => data['created_at'],
  statusOf: (data) => textOf(data['task_status']),
  progress,
};

function progress(data: JsonObject, secret: string): Progress {
  const status = classic.statusOf(data);
  switch (status) {
    case 'submitted':
      return { state: 'pending', phase: 'queued' };
    case 'processing':
      return { state: 'pending', phase: 'running' };
    case 'succeed':
    case 'succeeded':
      return withTook(withReported(succeededWith(videosIn(objectOf(data['task_result']))), reportedIn(data)), { from: data['created_at'], to: data['updated_at'], unitMs: 1 }) ?? doneWithoutVideo('Kling');
    case 'failed': {
      const message = plainText(data['task_status_msg'], secret) || 'Kling gave no reason.';
      return { state: 'failed', failure: { kind: 'upstream', message, retryable: false } };
    }
    default:
      return { state: 'pending', phase: 'running', note: `unknown status "${plainText(status ?? '', secret)}"` };
  }
}

function videosIn(result: JsonObject | undefined) {
  const videos = Array.isArray(result?.['videos']) ? result['videos'].map(objectOf) : [];
  return videos.flatMap((video) => [
    ...asset('video', video?.['url'], { seconds: video?.['duration'] }),
    ...asset('other', video?.['watermark_url'], { seconds: video?.['duration'] }),
  ]);
}
