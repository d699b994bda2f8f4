/** Pause and resume of a provider by a person, as `dailies pause` and `resume` do it. */
import { type Config, commandAfter, type Desk, LEDGER_SCOPE, type LedgerFollower, pause, pauses, resume, sharingText } from '@dailies/queue';
import { Router } from 'express';
import { sayAction } from '../audit/record-actions.ts';
import { whoOf } from '../auth/signed-in.ts';
import { answerAction, answerNotFound } from '../http/answer.ts';
import { formField } from '../http/form.ts';
import { accountIds } from './snapshot.ts';

export function providerRoutes({ config, desk, follower }: { config: Config; desk: Desk; follower: LedgerFollower }): Router {
  const router = Router();
  const providerOf = (name: string) => Object.values(config.providers).find((provider) => provider.name === name);

  router.post('/:name/pause', async (request, response) => {
    const provider = providerOf(request.params.name);
    if (provider === undefined) return answerNotFound(request, response, `There is no provider ${request.params.name}.`);
    const reason = formField(request, 'reason').slice(0, 200);
    const polls = formField(request, 'polls') === '1';
    sayAction(response, { what: polls ? 'pause, polls too' : 'pause', target: provider.name });
    const answer = (done: boolean, message: string): void => answerAction(request, response, { done, message }, '/');
    if (reason === '') return answer(false, 'Say why: the reason is shown wherever the pause is.');
    const wish = { reason: `${reason} (${whoOf(request).user.name})`, kind: 'operator', polls };
    const stands = await pause(desk.store, `operator:${provider.name}`, wish);
    // There is only one pause by a person. Resuming ends it for everybody who wanted it.
    if (!stands.isNew) {
      sayAction(response, { outcome: `nothing: paused already (${stands.reason})` });
      const already = `${provider.name} is paused already${stands.polls ? ', polls too' : ''}: ${stands.reason}.`;
      return answer(false, `${already} That pause stays as it is, and one resume ends it.`);
    }
    sayAction(response, { outcome: `done: ${reason}` });
    answer(true, `${provider.name} is paused: nothing is submitted${polls ? ', nothing is polled' : '; what renders is still polled'}.`);
  });

  router.post('/:name/resume', async (request, response) => {
    const provider = providerOf(request.params.name);
    if (provider === undefined) return answerNotFound(request, response, `There is no provider ${request.params.name}.`);
    const ended = await resume(desk.store, provider.name, accountIds(provider, follower.catalogue));
    sayAction(response, { what: 'resume', target: provider.name, outcome: ended.length === 0 ? 'nothing was paused' : `done: ${ended.join(', ')}` });
    // No resume ends such a pause, so neither "goes on" nor "was not paused" would be true.
    const isHeld = (await pauses(desk.store)).some(({ scope }) => scope === LEDGER_SCOPE);
    const answer = (done: boolean, message: string): void => answerAction(request, response, { done, message }, '/');
    if (isHeld) {
      const remedy = `${commandAfter({ scope: LEDGER_SCOPE }, provider.name)}${desk.suffix ?? ''}`;
      return answer(false, `${provider.name} still submits nothing: this Redis was rolled back. It goes on with: ${remedy}`);
    }
    answer(true, ended.length === 0 ? `${provider.name} was not paused.` : `${provider.name} goes on. ${sharingText(ended)}`.trimEnd());
  });
  return router;
}
