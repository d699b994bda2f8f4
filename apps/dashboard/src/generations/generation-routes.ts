/** The routes of generations: the list, one generation, and its files. Actions on one are in action-routes.ts, on many in bulk-routes.ts. */
import { type Desk, downloadWaits, isHeldBy, pauses, readGeneration, readGenerations, type LedgerFollower } from '@dailies/queue';
import type { Results } from '@dailies/results';
import { Router } from 'express';
import { answerNotFound, type ShowPage } from '../http/answer.ts';
import { queryField } from '../http/form.ts';
import { levelOf } from '../live/ledger-level.ts';
import type { Snapshots } from '../overview/snapshot.ts';
import { actionRoutes } from './action-routes.ts';
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
    if (file === null) return answerNotFound(request, response, 'There is no such file that this machine can reach, or it is not whole any more.');
    await sendStored(results, request, response, file);
  });

  router.use(actionRoutes({ desk, results }));
  return router;
}
