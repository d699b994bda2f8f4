/** `dailies results BATCH`: the manifest of a batch, read from the ledger. Data only. */
import { csvHead, csvLines, publicBatch, publicGeneration, STATES, type Batch, type State } from '@dailies/queue';
import { Complaint } from '../complaint.ts';
import type { CommandOptions, Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { findByName, generationsOf } from '../lookup.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';
import { withSession } from '../session.ts';
import { openSetting } from '../setting.ts';

export interface ResultsOptions extends CommandOptions {
  format?: 'jsonl' | 'csv' | 'table' | undefined;
  /** Means something only to a download. */
  from?: string | undefined;
}

export async function results(context: Context, name: string, options: ResultsOptions): Promise<number> {
  const { terminal } = context;
  if (options.from !== undefined) {
    const suffix = options.simulate === true ? ' --simulate' : '';
    throw new Complaint(`--from goes with --download: dailies results ${name} --download --from ${options.from}${suffix}`);
  }
  if (options.json === true && options.format !== undefined && options.format !== 'jsonl') {
    throw new Complaint(`--json is JSON with a summary at its end, --format ${options.format} is none: leave one of them out.`);
  }
  const format = options.json === true ? 'jsonl' : (options.format ?? (terminal.dataIsForPeople ? 'table' : 'jsonl'));
  const setting = await openSetting(context, options);
  return withSession(context, setting, { patient: false }, async ({ desk }) => {
    const found = await findByName(desk.store, name, setting.suffix);
    const rows: string[][] = [];
    const given: State[] = [];
    if (format === 'csv') terminal.data(csvHead());
    for await (const generation of generationsOf(desk.store, found)) {
      if (context.interrupts.stopping.aborted) break;
      const shown = publicGeneration(generation);
      given.push(shown.state);
      if (format === 'jsonl') terminal.data(`${JSON.stringify(shown)}\n`);
      else if (format === 'csv') terminal.data(csvLines(shown));
      else {
        const { id, state, provider, prompt, videos, failure } = shown;
        rows.push([id, state, provider, videos[0]?.file ?? (failure === undefined ? '' : printable(failure.message, 60)), printable(prompt ?? '', 50)]);
      }
    }
    const code = exitCode({ interrupted: context.interrupts.stopping.aborted });
    if (options.json === true && 'batch' in found) terminal.data(`${JSON.stringify(summaryOf(found.batch, given, code))}\n`);
    if (format === 'table') terminal.data(table(['id', 'state', 'provider', 'file or failure', 'prompt'], rows));
    return code;
  });
}

/** Counts the rows that were printed: the batch moves on while they are read, so its own counters may differ. */
function summaryOf(batch: Batch, given: readonly State[], code: ExitCode): object {
  const counts = Object.fromEntries(STATES.map((state) => [state, given.filter((one) => one === state).length]));
  return { type: 'summary', ...publicBatch(batch), total: given.length, counts, exitCode: code };
}
