/** The routes of generations: the list, one generation, its files, and the actions on one. Actions on many are in bulk-routes.ts. */
import {
  cancelGeneration, type Desk, downloadWaits, isHeldBy, pauses, readGeneration, readGenerations, resolveGeneration, retryGeneration, type Generation,
  type LedgerFollower, type Resolution,
} from '@dailies/queue';
import type { Results } from '@dailies/results';
import { type Request, type Response, Router } from 'express';
import { sayAction } from '../audit/record-actions.ts';
import { answerAction, answerNotFound, type ShowPage } from '../http/answer.ts';
import { formField, queryField } from '../http/form.ts';
import { generationPath } from '../html/words.ts';
import { levelOf } from '../live/ledger-level.ts';
import type { Snapshots } from '../overview/snapshot.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { filterOf } from './filter.ts';
import { reachableFile, sendStored } from './files.ts';
import { findGenerations } from './find-generations.ts';
import { generationPage } from './generation-page.ts';
import { titleOf } from './generation-table.ts';
import { hindrances } from './hindrances.ts';
import { jobsOf } from './jobs-of.ts';
import { listPage } from './list-page.ts';

const PAGE_SIZE = 50;

interface Parts {
  desk: Desk;
  follower: LedgerFollower;
  snapshots: Snapshots;
  show: ShowPage;
  results: Results;
}

export function generationRoutes({ desk, follower, snapshots, results, show }: Parts): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const filter = filterOf(request.query);
    const after = queryField(request, 'after') || undefined;
    const start = performance.now();
    const { catalogue } = follower;
    const { ids, total, more } = await findGenerations(desk.store, catalogue, filter, { size: PAGE_SIZE, after });
    const generations = (await readGenerations(desk.store, ids)).filter((one) => one !== null);
    const list = {
      filter,
      generations,
      total,
      next: more ? ids.at(-1) : undefined,
      isFirst: after === undefined,
      catalogue,
      level: levelOf(follower),
      tookMs: performance.now() - start,
    };
    show(request, response, { title: 'Generations', main: listPage(request, list), live: '*' });
  });

  router.use(bulkRoutes({ desk, follower, show }));

  router.get('/:id', async (request, response) => {
    const generation = await readGeneration(desk.store, request.params.id);
    if (generation === null) return answerNotFound(request, response, `There is no generation ${request.params.id}.`);
    const jobs = await jobsOf(desk, generation);
    const files = await Promise.all(
      (generation.files ?? []).map(async ({ file }) => ((await reachableFile(results, generation, file)) === null ? [] : [file])),
    );
    const held = (await pauses(desk.store)).filter((one) => isHeldBy(one, generation));
    const downloadsWait = generation.state === 'downloading' ? await downloadWaits(desk.store) : [];
    const verdicts = hindrances(generation, await snapshots.current());
    const main = generationPage(request, { generation, jobs, pauses: held, verdicts, downloadsWait, local: new Set(files.flat()) });
    show(request, response, { title: titleOf(generation), main, live: `id:${generation.id}` });
  });

  router.get('/:id/files/:name', async (request, response) => {
    const generation = await readGeneration(desk.store, request.params.id);
    const file = generation === null ? null : await reachableFile(results, generation, request.params.name);
    if (file === null) return answerNotFound(request, response, 'There is no such file that this machine can reach.');
    await sendStored(results, request, response, file);
  });

  router.post('/:id/retry', act('retry', async (request, id, generation) => {
    const mayPay = formField(request, 'agree') === '1' && formField(request, 'seq') === String(generation.seq);
    const outcome = await retryGeneration(desk, id, { mayPay, byId: true, seq: generation.seq });
    return { done: outcome.done, message: outcome.done ? `It is ${outcome.message}.` : `Not retried: ${outcome.message}.` };
  }));

  router.post('/:id/cancel', act('cancel', async (request, id) => {
    // The page named the cost for the state that it shows, so that state must still hold. A script has seen no page.
    const [state, seq] = [formField(request, 'state'), Number(formField(request, 'seq'))];
    const { outcome, message } = await cancelGeneration(desk, id, { seen: state === '' ? undefined : { state, seq } });
    return { done: ['canceled', 'requested', 'unwanted'].includes(outcome), message: `${sentence(message)}.` };
  }));

  router.post('/:id/resolve', act('resolve', async (request, id, generation) => {
    // The person decided about the submit that the page shows. By now a second submit may be unresolved.
    const seen = formField(request, 'seq');
    if (seen !== '' && seen !== String(generation.seq)) return { done: false, message: 'It changed meanwhile: look again.' };
    const resolution = resolutionOf(request);
    if (resolution === null) return { done: false, message: 'Say which: the task it has, submit again (and that you know what it costs), or abandon.' };
    const outcome = await resolveGeneration(desk, id, resolution, generation.seq);
    return { done: outcome.done, message: `${sentence(outcome.message)}.` };
  }));

  function act(what: string, perform: (request: Request, id: string, generation: Generation) => Promise<{ done: boolean; message: string }>) {
    return async (request: Request<{ id: string }>, response: Response): Promise<void> => {
      const { id } = request.params;
      sayAction(response, { what: [what, formField(request, 'what')].filter(Boolean).join(' '), target: id });
      const generation = await readGeneration(desk.store, id);
      if (generation === null) return answerNotFound(request, response, `There is no generation ${id}.`);
      const outcome = await perform(request, id, generation);
      sayAction(response, { outcome: `${outcome.done ? 'done' : 'refused'}: ${outcome.message}` });
      answerAction(request, response, outcome, generationPath(id));
    };
  }
  return router;
}

function resolutionOf(request: Request): Resolution | null {
  const what = formField(request, 'what');
  const task = formField(request, 'task');
  if (what === 'task') return task === '' ? null : { what, task };
  if (what === 'resubmit') return formField(request, 'agree') === '1' ? { what } : null;
  return what === 'abandon' ? { what } : null;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
