/** The report of a long run, for docs/chaos-report.md: what was done, how often, what was found, and what nobody has tried. */
import os from 'node:os';
import type { PartResult } from './part.ts';

export interface Run {
  seed: number;
  date: string;
  minutes: number;
  redisVersion: string;
  results: readonly PartResult[];
}

export function reportOf(run: Run): string {
  const wrong = run.results.flatMap(({ findings }) => findings);
  return `# Chaos report

${paragraph(...madeBy(run))}

${paragraph(`**${wrong.length === 0 ? 'Every invariant held.' : `${wrong.length} findings.`}**`, ...SETTING)}

${paragraph(...CHECKED)}

${run.results.map(partOf).join('\n')}
## What earlier runs found, and was mended

${list(FOUND_BEFORE)}

## Not covered

${list(NOT_COVERED)}
`;
}

function paragraph(...sentences: string[]): string {
  return sentences.join(' ');
}

function list(points: readonly string[]): string {
  return points.map((point) => `* ${point}`).join('\n');
}

function madeBy({ seed, date, minutes, redisVersion }: Run): string[] {
  const redis = `Redis ${redisVersion} (append-only file, \`appendfsync always\`)`;
  return [
    `Written by \`npm run chaos\` on ${date} (UTC).`,
    `Node ${process.version}, ${redis}, ${os.type()}, ${os.cpus().length} cores, ${minutes.toFixed(0)} minutes.`,
    `Seed ${seed}.`,
  ];
}

const SETTING = [
  'The workers are real processes of the production code, the upstreams are the simulator on real sockets, Redis is a real server of the run\'s own.',
  'Times are scaled: upstream time runs 600 times faster; a job\'s lock lasts 3 s instead of 15 s, an upstream time-out is 3 s instead of 30 s,',
  'absence is believed after 1.5 s (AceData: 6 s) and 9 s instead of 30 s (2 min) and 180 s.',
  'The 5 s within which a paid request must have left are not scaled.',
];

const CHECKED = [
  'After every run the same things are checked from outside (`test/chaos/invariants.ts`):',
  'no prompt is on the simulator\'s bill twice;',
  'every acknowledged generation is there and has ended, once;',
  'a person is asked only where there is no look-up and the worker fell silent between request and record;',
  'every file is there, is whole, and is the video of its own task;',
  'the manifest has every row;',
  'slots are held exactly by those whose task may still run;',
  'no intent, reservation, endless lock, half download, rescue file or job is left;',
  'every counter equals a recount.',
];

const FOUND_BEFORE = [
  paragraph(
    'Absence was counted from the sending, not from the end that was seen:',
    'a POST that the network delivered after our time-out was paid twice (Hailuo; Kling where it does not refuse a used id).',
  ),
  'A submit that was accepted just as an outage began ended the doubts of those sent with it: five questions instead of three.',
  'The slot of an unresolved submit was given back by the sweep after half a minute, not at its deadline.',
  paragraph(
    'A wait for Redis in the middle of a folder\'s writing counted as writing, and silenced the folder for ten minutes;',
    'a full disk made the writer forget the batch.',
  ),
  'A part file stayed behind when a worker died between putting the file in place and removing its part.',
  'Stalled jobs were looked for every 5 s: the next useful step came up to 20.2 s after a kill. Now every 3 s.',
  paragraph(
    'Look-ups that got no answer counted as looks: an outage of ten minutes asked for a person about Kling and AceData.',
    'Now they are made again, every minute for an hour and a half.',
  ),
  paragraph(
    'Redis frozen for 20 s: another worker judged an intent 13 ms before its owner could say that nothing had been sent,',
    'and an Allegro prompt asked for a person without need. Now who knows that it was not accepted says so late as well.',
  ),
  paragraph(
    'Tasks made during a look-up pushed seen ones onto the next page of AceData\'s list, which was taken for a list that cannot be paged:',
    'absence was never concluded, and a person was asked (Hailuo, Luma).',
  ),
  paragraph(
    'The storm\'s own book-keeping drew the same ids twice when two of its hands accepted work at the same moment:',
    'it seemed that nine generations had been lost.',
  ),
];

const NOT_COVERED = [
  'Other machines and file systems: network file systems, power cuts, disks that lie about `fsync`. A killed process is not a power cut.',
  paragraph(
    'Redis Cluster, Sentinel, fail-over to a replica, a restored backup: this run is on one server.',
    'Short forms of it, and masters killed in the middle, are in `npm test` (test/chaos/fail-over.test.ts)',
    'and in the same suite on a Cluster and behind Sentinels (CONTRIBUTING.md).',
  ),
  'The real upstreams. The simulator is written from their documents; where they are silent it had to choose (apps/simulator/README.md).',
  'Real waiting times. Three minutes of silence, locks of 15 s and long polls are the same code with other numbers.',
  'A kill in the middle of a system call or a write of Redis; the points are between effects, the storm is at random moments.',
  paragraph(
    'An upstream that delivers a POST later than `SETTLE_AFTER_MS` (AceData: four times that) after a seen end, or `SETTLE_SILENT_MS` after silence,',
    'or that lists a task later than that.',
    'That would be paid twice; the times are chosen so that nobody has seen it.',
  ),
];

function partOf({ name, did, figures, findings, skipped }: PartResult): string {
  const found = findings.length === 0 ? 'Nothing was found.' : list(findings.map((finding) => `**${finding}**`));
  const left = skipped.length === 0 ? '' : `\n\nLeft out: ${skipped.join('; ')}.`;
  return `## ${name}

${did[0]?.toUpperCase()}${did.slice(1)}.

| | |
| --- | --- |
${Object.entries(figures).map(([what, figure]) => `| ${what} | ${figure} |`).join('\n')}

${found}${left}
`;
}

/** The figures of a part, for the terminal. */
export function figuresOf({ name, figures, findings, skipped }: PartResult): string {
  const lines = Object.entries(figures).map(([what, figure]) => `  ${what}: ${figure}`);
  const wrong = findings.map((finding) => `  FOUND ${finding}`);
  const left = skipped.map((one) => `  skipped: ${one}`);
  const verdict = findings.length === 0 ? 'every invariant held' : `${findings.length} findings`;
  return [`${name}: ${verdict}`, ...lines, ...left, ...wrong, ''].join('\n');
}
