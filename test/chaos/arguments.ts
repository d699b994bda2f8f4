/** The arguments after `npm run chaos --`. */
import { parseArgs } from 'node:util';
import { PARTS, type PartName } from './parts.ts';

export interface ChaosArguments {
  seed: number;
  parts: readonly PartName[];
  quick: boolean;
  /** The number of kills in the storm, if given. */
  kills: number | undefined;
  keep: boolean;
}

export const HELP = `npm run chaos [-- options]

Kills, stops and deceives real worker processes and a real Redis, and checks from outside that nothing was paid twice, lost or stuck.
Everything stays on this machine; nothing is paid. All of it takes about an hour, and writes docs/chaos-report.md.

  --quick          a few minutes instead; the report is not written
  --only PART      one part (repeatable): ${PARTS.join(', ')}; the report is not written
  --kills N        that many kills in the storm (default: 1000, or 100 with --quick), over twice as many generations
  --seed N         repeat the schedule of a failing run; what the operating system does meanwhile cannot be repeated
  --keep           keep the folder of the run: logs of the workers, files
  --help           this text

The exit code is 0 when every invariant held, 1 when one did not, 2 when it could not be run (a wrong option, no room, no redis-server), 130 when it
was interrupted. Folders of failing runs are kept, and named.
`;

/** An argument that is wrong, in words for the person who typed it. */
export class WrongArguments extends Error {}

export function readArguments(words: readonly string[]): ChaosArguments | 'help' {
  const values = parsed(words);
  if (values.help) return 'help';
  return {
    seed: wholeNumber('--seed', values.seed) ?? Math.floor(Math.random() * 1_000_000),
    parts: [...new Set((values.only ?? PARTS).map(partOf))],
    quick: values.quick,
    kills: wholeNumber('--kills', values.kills),
    keep: values.keep,
  };
}

/** The command that repeats these parts of the run, to the same extent. */
export function again({ seed, quick, kills }: ChaosArguments, parts: readonly PartName[]): string {
  const words = [...(quick ? ['--quick'] : []), ...(kills === undefined ? [] : [`--kills ${kills}`]), `--seed ${seed}`, ...parts.map((name) => `--only ${name}`)];
  return `npm run chaos -- ${words.join(' ')}`;
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seed: { type: 'string' },
        only: { type: 'string', multiple: true },
        kills: { type: 'string' },
        quick: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw error instanceof TypeError ? new WrongArguments(error.message) : error;
  }
}

function partOf(word: string): PartName {
  const part = PARTS.find((name) => name === word);
  if (part === undefined) throw new WrongArguments(`--only ${word}: there is no such part. It is one of ${PARTS.join(', ')}.`);
  return part;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new WrongArguments(`${name} is ${text}: it must be a whole number.`);
  return Number(text);
}
