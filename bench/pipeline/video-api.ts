/**
 * The upstream as a hand-written pipeline calls it: the requests that Dailies makes of Kling, over undici's kept-alive connections, and the
 * video written to its file. Neither retries, nor looks anything up, nor flushes to disk: that is what a guarantee costs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';

export interface VideoApi {
  submit(prompt: string): Promise<string>;
  /** The link of the video; null while it is pending. */
  poll(task: string): Promise<string | null>;
  store(prompt: string, link: string): Promise<void>;
}

interface Answer {
  data: { task_id: string; task_status: string; task_result?: { videos: [{ url: string }] } };
}

export function createVideoApi(upstreamUrl: string, outFolder: string): VideoApi {
  const dispatcher = new Agent({ connections: 64 });
  const videos = upstreamUrl + VIDEOS;
  const folders = new Set<string>();
  return {
    submit: (prompt) => submitOver(dispatcher, upstreamUrl, prompt),
    async poll(task) {
      const answer = await request(`${videos}/${task}`, { headers: HEADERS, dispatcher });
      const { data } = (await answer.body.json()) as Answer;
      return data.task_status === 'succeed' ? (data.task_result?.videos[0].url ?? null) : null;
    },
    async store(prompt, link) {
      const file = path.join(outFolder, `${prompt}.mp4`);
      const folder = path.dirname(file);
      if (!folders.has(folder)) await mkdir(folder, { recursive: true });
      folders.add(folder);
      const answer = await request(link, { dispatcher });
      await writeFile(file, Buffer.from(await answer.body.arrayBuffer()));
    },
  };
}

const VIDEOS = '/v1/ai/bench/kling/videos/text2video';
const HEADERS = { 'authorization': 'Bearer bench', 'content-type': 'application/json' };

/** The paid POST. Answers the task. */
export async function submitOver(dispatcher: Dispatcher, upstreamUrl: string, prompt: string): Promise<string> {
  const body = JSON.stringify({ model_name: 'kling-v1', prompt, duration: '5', mode: 'std', cfg_scale: 0.5, aspect_ratio: '16:9' });
  const answer = await request(upstreamUrl + VIDEOS, { method: 'POST', headers: HEADERS, body, dispatcher });
  return ((await answer.body.json()) as Answer).data.task_id;
}
