/** `dailies cancel BATCH|ID`: by the rules of the ledger; says of each what it costs. */
import { cancelGeneration, isTerminal, type CancelOutcome } from '@dailies/queue';
import type { CommandOptions, Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { findByName, generationsOf } from '../lookup.ts';
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
    for await (const { id, state } of generationsOf(desk.store, found)) {
      if (context.interrupts.stopping.aborted) break;
      if ('batch' in found && isTerminal(state)) continue;
      tell(await cancelGeneration(desk, id, { collect }));
    }
    for (const [message, count] of byMessage) terminal.data(`${count}  ${message}\n`);
    if ('batch' in found && !json && byMessage.size === 0) terminal.say('Nothing of it is on its way any more.');
    const code = exitCode({ interrupted: context.interrupts.stopping.aborted, lost: outcomes.refused ?? 0 });
    if ('batch' in found && json) terminal.data(`${JSON.stringify({ type: 'summary', batch: found.batch.name, outcomes, exitCode: code })}\n`);
    return code;
  });
}
