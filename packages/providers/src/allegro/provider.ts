/**
 * Allegro by Rhymes AI: one create, one query, nothing else. It has no client id and no list, so an ambiguous submit can never be
 * looked up (there is no `find`): a person decides.
 */
import type { Provider } from '../provider.ts';
import { endpoint, headersOf } from '../http/endpoint.ts';
import { outcomeOfPoll } from '../outcome-of-poll.ts';
import { outcomeOfPost } from '../outcome-of-post.ts';
import { idOfTask, typedTaskId } from '../task-id.ts';
import { allegroErrors, progressOf, taskIdIn } from './answers.ts';
import { allegroParams, type AllegroRequest, allegroRequest } from './params.ts';

export const allegro: Provider<AllegroRequest> = {
  name: 'allegro',
  title: 'Allegro by Rhymes AI',
  request: allegroRequest,
  params: allegroParams,
  models: [],
  image: 'none',
  // Allegro's tutorial asks to wait two minutes before the first poll. It names no longest time; a self-hosted one has been seen to take 40 minutes.
  pace: { firstPollMs: 120_000, minMs: 20_000, maxMs: 60_000, deadlineMs: 45 * 60_000, missingGraceMs: 5 * 60_000 },

  async submit(request, { access, http, signal, maySend }) {
    const url = endpoint(access, ['v1', 'generateVideoSyn']);
    const answer = await http.paid({ method: 'POST', url, headers: headersOf(access), body: JSON.stringify(request), signal, maySend });
    const { id } = outcomeOfPost(answer, allegroErrors, taskIdIn, access.apiKey);
    return { task: { id } };
  },

  async poll(task, { access, http, signal }) {
    const url = endpoint(access, ['v1', 'videoQuery'], { requestId: idOfTask(task) });
    const answer = await http.free({ method: 'GET', url, headers: headersOf(access), signal });
    return progressOf(outcomeOfPoll(answer, allegroErrors, access.apiKey), access.apiKey);
  },

  taskKey: idOfTask,
  taskFrom: (text) => ({ id: typedTaskId(text, /^\S{1,200}$/, 'the request id that Allegro gave') }),
};
