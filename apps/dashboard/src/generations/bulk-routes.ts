/** The routes of an action on everything that a filter found: a page that says what would happen, and the request that does just that. */
import { type Desk, type LedgerFollower, readGeneration } from '@dailies/queue';
import { type Request, Router } from 'express';
import { sayAction } from '../audit/record-actions.ts';
import { whoOf } from '../auth/signed-in.ts';
import { answerAction, type Outcome, type ShowPage } from '../http/answer.ts';
import { formField, queryField, rawField } from '../http/form.ts';
import { number } from '../html/words.ts';
import { bulkPage } from './bulk-page.ts';
import { type BulkPlan, BulkPlans, carryOut, insistOn, MOST_AT_ONCE } from './bulk-plan.ts';
import { filterOf, filterQuery, filterWords } from './filter.ts';
import { findGenerations } from './find-generations.ts';

interface Parts {
  desk: Desk;
  follower: LedgerFollower;
  show: ShowPage;
}

export function bulkRoutes({ desk, follower, show }: Parts): Router {
  const router = Router();
  const plans = new BulkPlans();

  /** Whoever comes back to a plan because too few replicas had what it stopped asks them again: another preview does not have that any more. */
  async function found(request: Request, id: string): Promise<BulkPlan | null> {
    const plan = plans.find(id, whoOf(request).user.name);
    if (plan !== null) await insistOn(desk, plan);
    return plan;
  }

  // A preview has an address of its own, so that neither a reload nor the way back sends the form again.
  router.get('/preview', async (request, response, next) => {
    const id = queryField(request, 'plan');
    if (id === '') return next();
    const plan = await found(request, id);
    if (plan?.done !== null) return answerAction(request, response, worksNoMore(plan), '/generations');
    show(request, response, { title: `${plan.what} many`, main: bulkPage(request, plan) });
  });

  // Where a browser comes to by the address of a form (a reload, a sign-in in between); unless a generation has that word for its id.
  router.get(['/preview', '/act'], async (request, response, next) => {
    if ((await readGeneration(desk.store, request.path.slice(1))) !== null) return next();
    response.redirect(303, '/generations');
  });

  router.post('/preview', async (request, response) => {
    const what = formField(request, 'what') === 'cancel' ? 'cancel' : 'retry';
    const filter = filterOf(queryOf(rawField(request, 'filter')));
    const { ids, total } = await findGenerations(desk.store, follower.catalogue, filter, { size: MOST_AT_ONCE });
    const plan = await plans.make(desk, { what, who: whoOf(request).user.name, words: filterWords(filter), ids, total });
    sayAction(response, { what: `preview of ${what}`, target: filterQuery(filter).toString() });
    response.redirect(303, `/generations/preview?plan=${plan.id}`);
  });

  router.post('/act', async (request, response) => {
    const plan = await found(request, formField(request, 'plan'));
    if (plan?.done !== null) return answerAction(request, response, worksNoMore(plan), '/generations');
    const mayPay = formField(request, 'agree') === '1' && formField(request, 'only') !== 'free';
    sayAction(response, { what: `${plan.what} of many${mayPay ? ', may pay' : ''}`, target: plan.words });
    const { skipped } = await carryOut(desk, plan, mayPay);
    const message = `${doneWords(plan)} Left as they were: ${skipped}.`;
    sayAction(response, { outcome: `done: ${message}` });
    answerAction(request, response, { done: true, message }, '/generations');
  });
  return router;
}

const DONE: Record<BulkPlan['what'], string> = { retry: 'Retried', cancel: 'Canceled' };

function doneWords({ what, done, requested }: BulkPlan, known = ''): string {
  const waits = requested === 0 ? '' : ` Requested, and decided when the outcome of the submit is known: ${number(requested)}.`;
  return `${DONE[what]}${known}: ${number((done ?? 0) - requested)}.${waits}`;
}

function worksNoMore(plan: BulkPlan | null): Outcome {
  if (plan === null) return { done: false, message: 'That preview is too old, or was carried out already. Look again.' };
  return { done: false, message: `That preview was carried out already. ${doneWords(plan, ', as far as is known')} Look again to see what is left.` };
}

function queryOf(text: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) (query[name] ??= []).push(value);
  return query;
}
