/**
 * Reads the prompt file that a command was given and reports what is wrong with it. Enqueues nothing. A file with a fault is refused as a whole,
 * unless the person asked to skip invalid lines.
 */
import type { ProviderName } from '@dailies/providers';
import { checkBatchName, type Config, webhookFault, webhookRules } from '@dailies/queue';
import { Complaint } from '../../complaint.ts';
import type { Context } from '../../context.ts';
import { unlessInterrupted } from '../../unless-interrupted.ts';
import { defaultBatchName, type Fault, formatFaults, type PromptItem, readPromptFile } from '../../input/index.ts';

export interface PromptOptions {
  batch?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  param?: string[] | undefined;
  skipInvalid?: boolean | undefined;
  /** The webhook for the end of the batch, and for lines that name no webhook of their own. */
  webhook?: string | undefined;
  /** False: a provider without a key is only reported. Default: its lines are faults. */
  needsKeys?: boolean | undefined;
}

export interface Prompts {
  batch: string;
  items: PromptItem[];
  webhook: string | undefined;
  /** How many lines `--skip-invalid` has left out. */
  skipped: number;
  /** Names of key variables that are not set; only when a missing key is tolerated. */
  missingKeys: string[];
}

/** Throws a Complaint when nothing can be enqueued. */
export async function readPrompts(context: Context, config: Config, file: string, options: PromptOptions): Promise<Prompts> {
  const { provider, model, param: params, needsKeys = true } = options;
  const batch = nameOf(file, options.batch);
  const webhooks = webhookRules(config);
  const wrongWebhook = options.webhook === undefined ? null : webhookFault(options.webhook, webhooks);
  if (wrongWebhook !== null) throw new Complaint(`--webhook ${wrongWebhook.message}. ${wrongWebhook.remedy}.`);
  const missing = new Set<string>();
  const configured = (name: ProviderName): { account: string } | { missing: string } => {
    const { account, keyVariable } = config.providers[name];
    if (account !== null) return { account: account.id };
    missing.add(keyVariable);
    return needsKeys ? { missing: keyVariable } : { account: `${name}@no-key` };
  };
  const source = file === '-' ? { stdin: context.terminal.input } : { path: file };
  // Ctrl-C also ends the program that writes to our stdin. What has arrived by then, its last line perhaps cut, is not what the person wants to pay for.
  const reading = readPromptFile(source, { batch, provider, model, params, configured, webhooks });
  const { items, faults, notes } = await unlessInterrupted(context, reading, 'Nothing was enqueued.');
  for (const note of notes) context.terminal.say(note);
  if (faults.length > 0) refuseUnlessSkipped(context, faults, { file, good: items.length, skip: options.skipInvalid ?? false });
  const skipped = new Set(faults.flatMap(({ line, lines = [] }) => (line === null ? lines : [line]))).size;
  return { batch, items, webhook: options.webhook, skipped, missingKeys: needsKeys ? [] : [...missing] };
}

function nameOf(file: string, asked: string | undefined): string {
  if (file === '') throw new Complaint('The name of the prompt file is empty. Name one, or - for stdin.');
  if (asked === undefined && file === '-') throw new Complaint('Prompts from stdin need a name for their batch: add --batch NAME.');
  const name = asked ?? defaultBatchName(file);
  const wrong = checkBatchName(name);
  if (wrong !== null) throw new Complaint(`--batch: ${wrong}.`);
  return name;
}

/** With `skip` it says what is left out and returns, if a good line is left. `good`: how many lines are without fault. */
function refuseUnlessSkipped({ terminal }: Context, faults: readonly Fault[], { file, good, skip }: { file: string; good: number; skip: boolean }): void {
  const text = formatFaults(file === '-' ? 'stdin' : file, faults);
  if (!skip) throw new Complaint(`${text}\nNothing was enqueued.${good > 0 ? ` --skip-invalid takes the ${good} good ${good === 1 ? 'one' : 'ones'}.` : ''}`);
  if (good === 0) throw new Complaint(`${text}\nNothing was enqueued: no line is left.`);
  terminal.say(text);
  terminal.say(`Going on with the ${good} good ${good === 1 ? 'line' : 'lines'} (--skip-invalid).`);
}
