/**
 * `run --dry-run` and `enqueue --dry-run`: validates the file and says what would be submitted. Reads the ledger, changes nothing;
 * a missing key is only told of.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { isTerminal, readStates, takenIds } from '@dailies/queue';
import { readPrompts, type PromptOptions } from '../batch/prompts.ts';
import { withoutTaken } from '../batch/without-taken.ts';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';
import { table } from '../pages/table.ts';

export interface DryRunOptions extends PromptOptions {
  simulate?: boolean | undefined;
  json?: boolean | undefined;
}

interface Plan {
  provider: string;
  submit: number;
  onTheirWay: number;
  succeeded: number;
  failedOrCanceled: number;
}

const PAGE = 1_000;

export async function dryRun(context: Context, file: string, options: DryRunOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate: options.simulate });
  const { batch, items: read, skipped, missingKeys } = await readPrompts(context, setting.config, file, options, false);
  const plans = new Map<string, Plan>();
  const items = await withSession(context, setting, { patient: false }, async ({ desk }) => {
    const taken = await takenIds(desk.store, read.map((item) => item.generation));
    const good = taken.length === 0 ? read : withoutTaken(context, read, new Set(taken), { file, skipInvalid: options.skipInvalid ?? false });
    for (let at = 0; at < good.length; at += PAGE) {
      const page = good.slice(at, at + PAGE).map((item) => item.generation);
      const states = await readStates(desk.store, page.map((one) => one.id));
      for (const { id, provider } of page) {
        const plan = plans.get(provider) ?? { provider, submit: 0, onTheirWay: 0, succeeded: 0, failedOrCanceled: 0 };
        const state = states.get(id);
        if (state === undefined || state === 'queued') plan.submit += 1;
        else if (state === 'succeeded') plan.succeeded += 1;
        else if (isTerminal(state)) plan.failedOrCanceled += 1;
        else plan.onTheirWay += 1;
        plans.set(provider, plan);
      }
    }
    return good;
  });
  const rows = PROVIDER_NAMES.flatMap((name) => plans.get(name) ?? []);
  for (const variable of missingKeys) terminal.say(`Warning: ${variable} is not set. A real run needs it.`);
  if (options.json === true) {
    terminal.data(`${JSON.stringify({ type: 'dry-run', batch, total: items.length, skipped: skipped + read.length - items.length, missingKeys, providers: rows })}\n`);
    return 0;
  }
  terminal.data(
    table(
      ['provider', 'to submit', 'on their way', 'succeeded', 'failed or canceled'],
      rows.map((row) => [row.provider, row.submit, row.onTheirWay, row.succeeded, row.failedOrCanceled]),
    ),
  );
  terminal.say(`Batch ${batch}: ${items.length} ${items.length === 1 ? 'line is' : 'lines are'} valid. Nothing was enqueued (--dry-run).`);
  return 0;
}
