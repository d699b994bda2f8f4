/**
 * `run --dry-run` and `enqueue --dry-run`: validates the file and says what would be submitted. Reads the ledger, and the folder's manifest
 * where the ledger knows less; changes nothing. A missing key is only told of.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { chunked, isTerminal, readStates, takenIds } from '@dailies/queue';
import { isBucketPlace, isSimulatedFolder } from '@dailies/results';
import { folderOfRun } from '../batch/files/batch-folder.ts';
import { refuseForeign } from '../batch/files/refuse-foreign.ts';
import { droppedLines } from '../batch/intake/dropped-lines.ts';
import { type Dropped, wouldDrop } from '../batch/intake/dropped.ts';
import { confirmMovedFile } from '../batch/intake/moved-file.ts';
import { readPrompts, type PromptOptions } from '../batch/intake/prompts.ts';
import { type Recalled, recall } from '../batch/intake/recall.ts';
import { withoutTaken } from '../batch/intake/without-taken.ts';
import type { CommandOptions, Context } from '../context.ts';
import type { PromptItem } from '../input/index.ts';
import { type Session, withSession } from '../session.ts';
import { openSetting } from '../setting.ts';
import { table } from '../pages/table.ts';
import { printable } from '../printable.ts';

export interface DryRunOptions extends PromptOptions, CommandOptions {
  out?: string | undefined;
  prune?: boolean | undefined;
}

interface Plan {
  provider: string;
  submit: number;
  onTheirWay: number;
  succeeded: number;
  failedOrCanceled: number;
}

const PAGE = 1_000;
/** Of the prompts that are shown. */
const MOST_FIRST = 3;

export async function dryRun(context: Context, file: string, options: DryRunOptions): Promise<number> {
  const { terminal } = context;
  const setting = await openSetting(context, { simulate: options.simulate });
  const { batch, items: read, skipped, missingKeys } = await readPrompts(context, setting.config, file, { ...options, needsKeys: false });
  const plans = new Map<string, Plan>();
  const toSubmit: PromptItem[] = [];
  const { prune = false } = options;
  const { items, dropped } = await withSession(context, setting, { patient: false }, async (session) => {
    const { desk } = session;
    const folder = folderOfRun(context, setting, batch, options.out);
    const { items: found, conflicts, leftOut } = await wouldRecall(session, folder, read);
    if (leftOut !== undefined) terminal.say(`Warning: ${leftOut}.`);
    await confirmMovedFile(context, session, { file, batch, items: read, folder, dry: true });
    const taken = [...conflicts, ...(await takenIds(desk.store, found.map((item) => item.generation)))];
    const good = taken.length === 0 ? found : withoutTaken(context, found, new Set(taken), { file, skipInvalid: options.skipInvalid ?? false });
    for (const page of chunked(good, PAGE)) {
      const states = await readStates(desk.store, page.map((item) => item.generation.id));
      for (const item of page) {
        const { id, provider, earlier } = item.generation;
        const plan = plans.get(provider) ?? { provider, submit: 0, onTheirWay: 0, succeeded: 0, failedOrCanceled: 0 };
        const state = states.get(id) ?? earlier?.state;
        if (state === undefined || state === 'queued') {
          plan.submit += 1;
          toSubmit.push(item);
        } else if (state === 'succeeded') plan.succeeded += 1;
        else if (isTerminal(state)) plan.failedOrCanceled += 1;
        else plan.onTheirWay += 1;
        plans.set(provider, plan);
      }
    }
    const inFile = new Set(read.map((item) => item.generation.id));
    return { items: good, dropped: await wouldDrop(desk.store, batch, inFile, prune && skipped === 0) };
  });
  const rows = PROVIDER_NAMES.flatMap((name) => plans.get(name) ?? []);
  for (const variable of missingKeys) terminal.say(`Warning: before a real run, set ${variable}.`);
  for (const line of droppedLines(dropped, { leftOut: skipped, prune, suffix: setting.suffix, dry: true })) terminal.say(line);
  if (options.json === true) {
    const countOf = (outcome: Dropped['outcome']): number => dropped.filter((one) => one.outcome === outcome).length;
    const counts = { canceled: countOf('canceled'), held: countOf('held'), doubtful: countOf('doubtful') };
    const all = { batch, total: items.length, skipped: skipped + read.length - items.length, missingKeys, providers: rows };
    terminal.data(`${JSON.stringify({ type: 'dry-run', ...all, dropped: counts })}\n`);
    return 0;
  }
  terminal.data(
    table(
      ['provider', 'to submit', 'on their way', 'succeeded', 'failed or canceled'],
      rows.map((row) => [row.provider, row.submit, row.onTheirWay, row.succeeded, row.failedOrCanceled]),
    ),
  );
  for (const line of promptLines(toSubmit, terminal.columns)) terminal.say(line);
  terminal.say(`Batch ${batch}: ${items.length} ${items.length === 1 ? 'line is' : 'lines are'} valid. Nothing was enqueued (--dry-run).`);
  return 0;
}

/** The first prompts and the last: a title, or a line between prompts, that came along from a chat would be paid for. */
function promptLines(items: readonly PromptItem[], columns: number): string[] {
  const shown = items.length <= MOST_FIRST + 1 ? items : [...items.slice(0, MOST_FIRST), ...items.slice(-1)];
  const lines = shown.map(({ line, generation }) => printable(`line ${line}: ${generation.ask.prompt ?? '(no prompt)'}`, columns - 3));
  if (shown.length < items.length) lines.splice(-1, 0, `… ${items.length - shown.length} more`);
  return lines.length === 0 ? [] : ['To submit:', ...lines.map((line) => `  ${line}`)];
}

/** The real run would move aside or refuse a folder of the other kind (simulated or real). Its manifest is read by neither. */
async function wouldRecall(session: Session, folder: string, items: PromptItem[]): Promise<Recalled> {
  if (!isBucketPlace(folder)) await refuseForeign(session.results, folder);
  const isOurs = isBucketPlace(folder) || (await isSimulatedFolder(folder)) === (session.setting.simulator !== null);
  return isOurs ? recall(session, folder, items) : { items, conflicts: [] };
}
