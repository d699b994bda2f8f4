/** Pause and resume of a provider by a person, as `dailies pause` and `resume` do it. */
import {
  type Config, commandAfter, type Desk, insistPaused, isEndedBy, isLedgerHeld, LEDGER_SCOPE, type LedgerFollower, pause, type Pause, pauseCause, pauses, resume, sharingText,
} from '@dailies/queue';
import { type Request, Router } from 'express';
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
    const scope = `operator:${provider.name}`;
    const stands = await pause(desk.store, scope, wish);
    await insistPaused(desk, scope);
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
    const accounts = accountIds(provider, follower.catalogue);
    const answer = (done: boolean, message: string): void => answerAction(request, response, { done, message }, '/');
    const before = await pauses(desk.store);
    const ended = await resume(desk.store, provider.name, accounts, newestSeen(request));
    const after = await pauses(desk.store);
    const unseen = after.filter((one) => isEndedBy(one, provider.name, accounts));
    const known = before.filter(({ scope }) => ended.includes(scope));
    const done = ended.length === 0 ? [] : [`done: ended: ${pausesText(known)}`];
    const outcome = [...done, ...(unseen.length === 0 ? [] : ['left: a pause that came after the page'])];
    sayAction(response, { what: 'resume', target: provider.name, outcome: outcome.join('; ') || 'nothing was paused' });
    // No resume ends such a pause, so neither "goes on" nor "was not paused" would be true.
    if (isLedgerHeld(after)) {
      const remedy = `${commandAfter({ scope: LEDGER_SCOPE }, provider.name)}${desk.suffix ?? ''}`;
      return answer(false, `${provider.name} still submits nothing: this Redis was rolled back. It goes on with: ${remedy}`);
    }
    const rest = [...(known.length === 0 ? [] : [`Ended: ${pausesText(known)}.`]), sharingText(ended)].filter(Boolean);
    if (unseen.length > 0) {
      const still = `${provider.name} is still paused: ${pausesText(unseen)}. Your page did not show that. Resume, if that may end as well.`;
      return answer(false, [still, ...rest].join(' '));
    }
    answer(true, ended.length === 0 ? `${provider.name} was not paused.` : [`${provider.name} goes on.`, ...rest].join(' '));
  });
  return router;
}

/** When the newest of the pauses came that the page of the person showed. A script says nothing of it: it means every pause that there is. */
function newestSeen(request: Request): number | undefined {
  const seen = formField(request, 'seen');
  return seen === '' ? undefined : Number(/^\d{1,15}$/.exec(seen)?.[0] ?? 0);
}

function pausesText(standing: readonly Pause[]): string {
  return standing.map(({ kind, reason }) => `${pauseCause(kind)}: ${reason.replace(/\.$/, '')}`).join('; ');
}
