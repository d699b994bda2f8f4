/** Pause and resume of a provider by a person, as `dailies pause` and `resume` do it. */
import {
  type Config, commandAfter, type Desk, LEDGER_SCOPE, type LedgerFollower, pause, type Pause, pauseCause, pauses, pauseScopes, type ProviderConfig, resume,
  sharingText,
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

  const concerning = async (name: ProviderConfig['name'], accounts: readonly string[]): Promise<Pause[]> => {
    const scopes = new Set([`operator:${name}`, ...accounts.flatMap((account) => pauseScopes(name, account))]);
    return (await pauses(desk.store)).filter(({ scope }) => scope !== LEDGER_SCOPE && scopes.has(scope));
  };

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
    const accounts = accountIds(provider, follower.catalogue);
    const standing = await concerning(provider.name, accounts);
    const answer = (done: boolean, message: string): void => answerAction(request, response, { done, message }, '/');
    const unseen = standing.filter(({ at }) => at > newestSeen(request));
    if (unseen.length > 0) {
      sayAction(response, { what: 'resume', target: provider.name, outcome: 'refused: another pause came meanwhile' });
      return answer(false, `${provider.name} is paused for another reason than your page showed: ${pausesText(unseen)}. Resume, if that may end as well.`);
    }
    const ended = await resume(desk.store, provider.name, accounts);
    sayAction(response, { what: 'resume', target: provider.name, outcome: ended.length === 0 ? 'nothing was paused' : `done: ${ended.join(', ')}` });
    // No resume ends such a pause, so neither "goes on" nor "was not paused" would be true.
    const isHeld = (await pauses(desk.store)).some(({ scope }) => scope === LEDGER_SCOPE);
    if (isHeld) {
      const remedy = `${commandAfter({ scope: LEDGER_SCOPE }, provider.name)}${desk.suffix ?? ''}`;
      return answer(false, `${provider.name} still submits nothing: this Redis was rolled back. It goes on with: ${remedy}`);
    }
    if (ended.length === 0) return answer(true, `${provider.name} was not paused.`);
    const known = standing.filter(({ scope }) => ended.includes(scope));
    answer(true, [`${provider.name} goes on.`, known.length === 0 ? '' : `Ended: ${pausesText(known)}.`, sharingText(ended)].filter(Boolean).join(' '));
  });
  return router;
}

/** When the newest pause began that the page of the person showed. A script shows none: it means every pause that there is. */
function newestSeen(request: Request): number {
  const seen = formField(request, 'seen');
  return /^\d+$/.test(seen) ? Number(seen) : Infinity;
}

function pausesText(standing: readonly Pause[]): string {
  return standing.map(({ kind, reason }) => `${pauseCause(kind)}: ${reason.replace(/\.$/, '')}`).join('; ');
}
