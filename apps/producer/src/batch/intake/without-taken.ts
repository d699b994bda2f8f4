/** Treats a line whose id already stands for another request as a bad line: reported, or left out if the person asked for that. */
import { Complaint } from '../../complaint.ts';
import type { Context } from '../../context.ts';
import { formatFaults, type PromptItem } from '../../input/index.ts';

export interface TakenOptions {
  file: string;
  skipInvalid: boolean;
}

export function withoutTaken(
  { terminal }: Pick<Context, 'terminal'>,
  items: readonly PromptItem[],
  taken: ReadonlySet<string>,
  { file, skipInvalid }: TakenOptions,
): PromptItem[] {
  const faults = items
    .filter((item) => taken.has(item.generation.id))
    .map(({ line, generation }) => ({
      line,
      field: 'id',
      message: `"${generation.id}" stands for another request, or is in another batch`,
      remedy: 'Give this line another id, or ask for the same as before',
    }));
  const text = formatFaults(file === '-' ? 'stdin' : file, faults);
  const rest = items.filter((item) => !taken.has(item.generation.id));
  if (!skipInvalid || rest.length === 0) throw new Complaint(`${text}\nNothing was enqueued.`);
  terminal.say(text);
  return rest;
}
