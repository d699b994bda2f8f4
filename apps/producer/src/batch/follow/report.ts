/**
 * The end of a batch, in words and as JSON. Pure. Every sentence about a failure names the command that helps.
 */
import { STATES } from '@dailies/queue';
import { fileIn } from '@dailies/results';
import { printable } from '../../printable.ts';
import { shellWord } from '../../shell-word.ts';
import type { Outcome, Trouble } from './outcome.ts';
import type { Hindrance } from './standstill.ts';

export interface ReportOptions {
  /** Where the files are: a folder, or `s3://…`. */
  folder: string;
  suffix: '' | ' --simulate';
  /** Where another command has taken the results of the batch meanwhile. Null: nowhere. */
  movedTo?: string | null;
  /** Lines of the file that were left out. */
  skipped: number;
  /** Succeeded, with a file that is not in the folder. */
  elsewhere?: number | undefined;
  /** Of a batch that was only followed: folders in which files are not on this machine, and of how many. */
  notHere?: ReadonlyMap<string, number> | undefined;
  /** No other machine works on this ledger (the embedded Redis). What is not here is nowhere. */
  alone?: boolean | undefined;
  /** It was only followed, and workers go on without us: with all of it, or (`attended`) with what is submitted already. */
  followed?: 'unattended' | 'attended' | undefined;
  /** What is said when there is none of these workers. */
  withoutWorker?: string | null;
}

export function summaryJson(outcome: Outcome, { folder, movedTo = null, skipped, elsewhere = 0, notHere = NOWHERE }: ReportOptions): object {
  const place = movedTo ?? folder;
  const { batch, total, counts, standing, exitCode } = outcome;
  const blocked = standing.hindrances.map(({ why: _why, ...shown }) => shown);
  return {
    type: 'summary', batch, total, counts, skipped, elsewhere, blocked, out: place,
    ...(notHere.size === 0 ? {} : { notHere: Object.fromEntries(notHere) }),
    manifest: fileIn(place, 'manifest.jsonl'),
    index: fileIn(place, 'index.html'),
    exitCode,
  };
}

export function summaryText(outcome: Outcome, options: ReportOptions): string {
  const { batch, total, counts } = outcome;
  const { folder, movedTo = null, elsewhere = 0, notHere = NOWHERE } = options;
  const place = movedTo ?? folder;
  const parts = STATES.filter((state) => counts[state] > 0 && state !== 'succeeded').map((state) => `${counts[state]} ${state}`);
  const lines = [
    `${batch}: ${counts.succeeded} of ${total} succeeded${parts.length === 0 ? '' : `, ${parts.join(', ')}`}`,
    ...troubleLines(outcome),
    ...helpLines(outcome, options),
  ];
  if (outcome.exitCode === 130) lines.push(interruptedLine(outcome, options));
  if (options.skipped > 0) lines.push(`${options.skipped} ${options.skipped === 1 ? 'line was' : 'lines were'} invalid and left out.`);
  if (elsewhere > 0) lines.push(...elsewhereLines(outcome, options, elsewhere));
  if (notHere.size > 0) lines.push(...notHereLines(outcome, options, notHere));
  const away = [...notHere.values()].reduce((sum, count) => sum + count, 0);
  if (movedTo !== null) {
    lines.push(`Another command has taken the results of this batch to ${movedTo} meanwhile. The same command again brings them to ${folder}.`);
  }
  if (counts.succeeded + counts.failed > 0 && (away === 0 || away < counts.succeeded)) {
    lines.push(`Videos    ${place}`, `Manifest  ${fileIn(place, 'manifest.jsonl')}`, `To look   ${fileIn(place, 'index.html')}`);
  }
  return `${lines.join('\n')}\n`;
}

export function hindranceText({ provider, reason, step, remedy, count, why }: Hindrance): string {
  const [wait, are] = count === 1 ? ['waits', 'is'] : ['wait', 'are'];
  const what = `${count} of ${provider} ${why === 'pause' ? `${wait} under a pause` : `${are} held`}`;
  const first = step === undefined ? '' : `${step} `;
  return `${what}: ${printable(reason)}. ${first}What helps: ${remedy}`;
}

function interruptedLine({ batch, counts }: Outcome, { followed, withoutWorker = null, suffix }: ReportOptions): string {
  if (followed === undefined) {
    const goesOn = counts.rendering > 0 ? ' What renders goes on at the upstream meanwhile, and is fetched then.' : '';
    return `Interrupted. The same command again goes on where it stopped.${goesOn}`;
  }
  const waits = followed === 'attended' && counts.queued > 0 ? ' What is queued waits until it is watched, or its file is run again.' : '';
  const goesOn = withoutWorker === null ? ', workers go on.' : `. ${withoutWorker}`;
  return `Interrupted: only the watching has ended${goesOn}${waits} To follow again: dailies watch ${batch}${suffix}`;
}

const NOWHERE: ReadonlyMap<string, number> = new Map();

function notHereLines({ batch }: Outcome, { suffix, alone = false }: ReportOptions, notHere: ReadonlyMap<string, number>): string[] {
  const where = alone ? 'they were moved or deleted' : 'they are on the machine of the worker that stored them, or were moved or deleted';
  const lines = [...notHere].map(([folder, count]) => `Videos    of ${count} are not in ${folder} on this machine: ${where}`);
  return [
    ...lines,
    ...(alone ? [] : [`To bring  dailies results ${batch} --download --from http://THAT-MACHINE:3000${suffix} (${ITS_API})`]),
    `Moved     dailies run FILE --batch ${batch} --out THERE${suffix}, with the file of this batch, knows them there`,
    `Deleted   dailies retry ${batch}${suffix} fetches them again, free, while the upstream still has them`,
  ];
}

/** Without both, the API is open to programs of its own machine only. */
const ITS_API = 'its API, with API_HOST and API_KEYS there and DAILIES_KEY here';

function elsewhereLines({ batch }: Outcome, { folder, suffix, alone = false }: ReportOptions, elsewhere: number): string[] {
  if (alone) {
    return [
      `The files of ${elsewhere} that succeeded are not in ${folder}: somebody took them away. They are paid for.`,
      '  The same command again fetches them anew, free, while the upstream still has them.',
    ];
  }
  return [
    `The files of ${elsewhere} that succeeded are not in ${folder}: a worker of another machine has stored ` +
      'them in a folder of that name over there, or somebody took them away. They are paid for. What helps:',
    `  dailies results ${batch} --download ${shellWord(folder)} --from http://THAT-MACHINE:3000${suffix} (${ITS_API}), ` +
      'or the same command again, which fetches them anew',
    '  A bucket (S3_BUCKET), or a folder that all machines mount, keeps all files together.',
  ];
}

function troubleLines({ trouble, troubleInAll }: Outcome): string[] {
  const width = Math.max(0, ...trouble.map(({ state }) => state.length));
  const lines = trouble.map((one) => `  ${one.state.padEnd(width)}  ${place(one)}${one.provider}  ${one.id}  ${printable(one.reason)}`);
  return troubleInAll > trouble.length ? [...lines, `  … and ${troubleInAll - trouble.length} more`] : lines;
}

function place({ line }: Trouble): string {
  return line === null ? '' : `line ${line}  `;
}

function helpLines({ batch, counts, abandoned, standing, trouble }: Outcome, { suffix }: ReportOptions): string[] {
  const lines = standing.hindrances.map(hindranceText);
  if (counts.unresolved > 0) {
    const id = trouble.find((one) => one.state === 'unresolved')?.id ?? 'ID';
    lines.push(
      `${counts.unresolved} unresolved: the upstream may or may not have accepted and billed them. Look there, then say for each:`,
      `  dailies resolve ${id} --task TASK | --resubmit (may pay twice) | --abandon${suffix}`,
    );
  }
  if (counts.overdue > 0) lines.push(`${counts.overdue} overdue: polled now with dailies retry ${batch}${suffix}`);
  if (counts.failed > abandoned) {
    const what = counts.canceled > 0 ? 'what failed or was canceled' : 'what failed';
    lines.push(`To try again ${what}: dailies retry ${batch}${suffix} (it says first what would be paid again)`);
  } else if (counts.failed + counts.canceled > 0) {
    // A retry of the batch would leave what was given up, and pay for all that was canceled.
    const what = [...(counts.canceled > 0 ? ['canceled'] : []), ...(abandoned > 0 ? ['gave up'] : [])].join(' or ');
    lines.push(`What a person ${what} stays so. Wanted after all, one by one: dailies retry ID${suffix}`);
  }
  return lines;
}
