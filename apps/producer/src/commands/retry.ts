/**
 * `dailies retry BATCH|ID`: says what would be paid again, asks, then does it. Without a terminal to ask on and without `--yes`, nothing that may pay
 * is done. A single generation that was named by its id is not asked about.
 */
import { retryGeneration, retryMany, type RetryOutcome } from '@dailies/queue';
import { createFileLook } from '../batch/files/stored-files.ts';
import { pausesOfSome } from '../batch/holding-pauses.ts';
import { planRetries, planText, type RetryPlans } from '../batch/retry-plan.ts';
import { whoGoesOn } from '../batch/who-goes-on.ts';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { findByName, generationsOf } from '../lookup.ts';
import { holdingPauseText } from '../pages/holding-pauses-text.ts';
import { someIds } from '../pages/some-ids.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface RetryOptions extends CommandOptions {
  yes?: boolean | undefined;
}

export async function retry(context: Context, name: string, { yes = false, simulate, json = false }: RetryOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async (session) => {
    const found = await findByName(session.desk.store, name, setting.suffix);
    const byId = 'generation' in found;
    const plans = await planRetries(generationsOf(session.desk.store, found), { byId, filesAreWhole: createFileLook(session.results) });
    if (!byId) {
      terminal.say(`${planText(plans)}.`);
      if (plans.unseen > 0) terminal.say(`${plans.unseen} could not be looked at, and are left as they are: ${plans.unseenWhy}`);
      if ('batch' in found) sayWhoStays(context, plans, found.batch.name, setting.suffix);
      await mayPay(context, plans, yes);
      if (json) for (const one of whoStays(plans)) tell(context, one, json);
    }
    // Files that could not be checked may be damaged. A script must not take them for whole.
    let refused = plans.unseen;
    const done: Partial<Record<RetryOutcome['plan'], number>> = {};
    // `seq`: if another person has retried it meanwhile, a further retry is one that this person has not agreed to pay.
    const wishes = [...plans.fetch, ...plans.poll, ...plans.submit].map(({ id, seq }) => ({ id, seq, mayPay: true }));
    for await (const outcomes of retryMany(session.desk, wishes, { byId, verify: async () => false, signal: context.interrupts.stopping })) {
      for (const outcome of outcomes) {
        if (!outcome.done) refused += 1;
        else done[outcome.plan] = (done[outcome.plan] ?? 0) + 1;
        tell(context, outcome, json);
      }
    }
    if (byId && plans.unseen > 0) {
      tell(context, { id: found.generation.id, plan: 'verify', done: false, message: `its files cannot be looked at: ${plans.unseenWhy}` }, json);
    }
    if (byId && plans.nothing > 0) {
      tell(context, await retryGeneration(session.desk, found.generation.id, { mayPay: false, byId, verify: async () => true }), json);
    }
    if (byId && plans.person.length > 0) tell(context, await retryGeneration(session.desk, found.generation.id, { mayPay: false, byId }), json);
    const retried = wishes.map(({ id }) => id);
    if (retried.length > 0) terminal.say(await whoGoesOn(session, byId ? found.generation.batch : found.batch.name, plans.submit.length > 0));
    const holding = await pausesOfSome(session.desk.store, retried, setting.suffix);
    for (const one of holding) terminal.say(holdingPauseText(one));
    const code = exitCode({ interrupted: context.interrupts.stopping.aborted, needPerson: plans.person.length, lost: refused });
    if ('batch' in found && json) {
      const held = holding.length === 0 ? {} : { pauses: holding };
      const summary = { type: 'summary', batch: found.batch.name, done, refused, needPerson: plans.person.length, ...held, exitCode: code };
      terminal.data(`${JSON.stringify(summary)}\n`);
    }
    return code;
  });
}

function sayWhoStays({ terminal }: Context, { person, abandoned }: RetryPlans, batch: string, suffix: string): void {
  if (person.length > 0) {
    terminal.say(`Unresolved: ${someIds(person, `dailies status ${batch} --json${suffix}`)}. Look at the upstream, then say for each:`);
    terminal.say(`  dailies resolve ${person[0]} --task TASK | --resubmit (may pay twice) | --abandon${suffix}`);
  }
  if (abandoned.length > 0) {
    const ids = someIds(abandoned.map(({ id }) => id), `dailies results ${batch}${suffix}`);
    terminal.say(`${abandoned.length} were abandoned by a person and stay: ${ids}. Retried by its id: dailies retry ${abandoned[0]?.id}${suffix}`);
  }
}

function whoStays({ person, abandoned }: RetryPlans): RetryOutcome[] {
  const asking = person.map((id): RetryOutcome => ({ id, plan: 'person', done: false, message: 'unresolved: it needs your word' }));
  const givenUp = abandoned.map((one): RetryOutcome => ({ ...one, done: false, message: 'abandoned by a person: retried by its id only' }));
  return [...asking, ...givenUp];
}

async function mayPay({ terminal }: Context, { submit }: RetryPlans, yes: boolean): Promise<void> {
  if (submit.length === 0 || yes) return;
  const count = `${submit.length} ${submit.length === 1 ? 'submit' : 'submits'}`;
  if (!terminal.canAsk) throw new Complaint(`Nothing was done: ${count} may be paid again. Add --yes to agree.`);
  if (!(await terminal.ask(`That may pay for ${count}. Go on?`))) throw new Complaint('Nothing was done.');
}

function tell({ terminal }: Context, outcome: RetryOutcome, json: boolean): void {
  terminal.data(json ? `${JSON.stringify(outcome)}\n` : `${outcome.id}: ${outcome.message}\n`);
}
