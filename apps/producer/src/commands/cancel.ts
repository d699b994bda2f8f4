/** `dailies cancel BATCH|ID`: by the rules of the ledger; says of each what it costs. */
import { cancelGeneration, cancelWholeBatch, type CancelOutcome, MayBeForgotten } from '@dailies/queue';
import type { CommandOptions, Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { findByName } from '../lookup.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface CancelOptions extends CommandOptions {
  collect?: boolean | undefined;
}

export async function cancel(context: Context, name: string, { collect = false, simulate, json = false }: CancelOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate });
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const found = await findByName(desk.store, name, setting.suffix);
    const byMessage = new Map<string, number>();
    const outcomes: Partial<Record<CancelOutcome['outcome'], number>> = {};
    const tell = (outcome: CancelOutcome): void => {
      outcomes[outcome.outcome] = (outcomes[outcome.outcome] ?? 0) + 1;
      if (json) terminal.data(`${JSON.stringify(outcome)}\n`);
      else if ('generation' in found) terminal.data(`${outcome.id}: ${outcome.message}\n`);
      else byMessage.set(outcome.message, (byMessage.get(outcome.message) ?? 0) + 1);
    };
    if ('generation' in found) tell(await cancelGeneration(desk, found.generation.id, { collect }));
    else {
      try {
        for await (const page of cancelWholeBatch(desk, found.batch.name, { collect, signal: context.interrupts.stopping })) {
          for (const outcome of page) if (outcome.outcome !== 'nothing') tell(outcome);
        }
      } catch (error) {
        if (!(error instanceof MayBeForgotten)) terminal.say('Cut off: some may be canceled that are not counted here. The same command again cancels the rest.');
        throw error;
      } finally {
        for (const [message, count] of byMessage) terminal.data(`${count}  ${message}\n`);
      }
    }
    const isInterrupted = context.interrupts.stopping.aborted;
    if ('batch' in found && !json && !isInterrupted && byMessage.size === 0) terminal.say('Nothing of it is on its way any more.');
    const code = exitCode({ interrupted: isInterrupted, lost: outcomes.refused ?? 0 });
    if ('batch' in found && json) terminal.data(`${JSON.stringify({ type: 'summary', batch: found.batch.name, outcomes, exitCode: code })}\n`);
    return code;
  });
}
