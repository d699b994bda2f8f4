/** What a person does to one generation: retry, cancel, resolve. Each is refused if the page that the person saw is no longer true. */
import { cancelGeneration, type Desk, planRetry, readGeneration, resolveGeneration, retryGeneration, type Generation, type Resolution } from '@dailies/queue';
import { filesAreWhole, type Results, StoreError } from '@dailies/results';
import { type Request, type Response, Router } from 'express';
import { sayAction } from '../audit/record-actions.ts';
import { answerAction, answerNotFound } from '../http/answer.ts';
import { formField } from '../http/form.ts';
import { generationPath } from '../html/words.ts';

export function actionRoutes({ desk, results }: { desk: Desk; results: Results }): Router {
  const router = Router();

  router.post('/:id/retry', act('retry', async (request, id, generation) => {
    const mayPay = formField(request, 'agree') === '1' && formField(request, 'seq') === String(generation.seq);
    const whole = planRetry(generation).what === 'verify' ? await filesAreWhole(results, generation) : false;
    if (whole instanceof StoreError) return { done: false, message: 'Not retried: its files cannot be looked at from here just now.' };
    const outcome = await retryGeneration(desk, id, { mayPay, byId: true, seq: generation.seq, verify: async () => whole });
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
