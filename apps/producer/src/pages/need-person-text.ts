/** The generations of a batch that wait for a person, in words: which, and the command that helps. Pure. */
import type { NeedsPerson } from '../batch/need-person.ts';
import { someIds } from './some-ids.ts';

/** Empty when none waits. `suffix`: what a suggested command must end with, such as ` --simulate`. */
export function needPersonText(waiting: readonly NeedsPerson[], batch: string, suffix: string): string {
  const all = `dailies status ${batch} --json${suffix}`;
  const idsOf = (wanted: NeedsPerson['state']): string[] => waiting.flatMap(({ id, state }) => (state === wanted ? [id] : []));
  const [unresolved, overdue] = [idsOf('unresolved'), idsOf('overdue')];
  const lines: string[] = [];
  if (unresolved.length > 0) {
    lines.push(
      `unresolved: ${someIds(unresolved, all)}\n  The upstream may or may not have accepted and billed them. Look there, then say for each:`,
      `  dailies resolve ${unresolved[0]} --task TASK | --resubmit (may pay twice) | --abandon${suffix}`,
    );
  }
  if (overdue.length > 0) lines.push(`overdue: ${someIds(overdue, all)}\n  Their tasks are kept. Polled now, free, with: dailies retry ${overdue[0]}${suffix}`);
  return lines.map((line) => `${line}\n`).join('');
}
