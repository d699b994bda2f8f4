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

${paragraph(`**${wrong.length === 0 ? 'Every invariant held.' : `Findings: ${wrong.length}.`}**`, ...SETTING)}

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
  'The workers are real processes that run the production code, the upstreams are the simulator behind real sockets, and Redis is a real server that only this run uses.',
  'Most times are scaled down.',
  'Upstream time runs 600 times faster.',
  'A job\'s lock lasts 3 s instead of 15 s, and a request to an upstream times out after 3 s instead of 30 s.',
  'A look-up that finds no task is believed 1.5 s after the submit was seen to end (production: 30 s; AceData: 6 s instead of 2 min),',
  'or 9 s after its sender fell silent (production: 180 s).',
  'Not scaled are the 5 s within which a paid request must have left, and the time-out and these waits during the outages of 600 s.',
];

const CHECKED = [
  'After each part, the same things are checked from outside, without the workers\' help (`test/chaos/invariants.ts`).',
  'The bill of the simulator lists no prompt twice, unless the upstream failed the first task and said that it bills nothing for it, or a person asked for more.',
  'The ledger knows every task on that bill, unless only a person could know it.',
  'Every acknowledged generation is in the ledger and has ended, once.',
  'A person is asked only about a submit whose answer was never recorded, to an upstream that has no look-up.',
  'Every file is there, is complete, and is the video of its own task.',
  'The manifest has a row for every generation.',
  'Slots are held by the generations whose task may still run, and by no others.',
  'No intent, reservation, lock without an end, partial download, rescue file or job is left over.',
  'Every counter equals a recount.',
];

const FOUND_BEFORE = [
  paragraph(
    'The wait before a submit counts as absent began when the request was sent, not when it was seen to end.',
    'A POST that the network delivered after our time-out was therefore paid twice (Hailuo; also Kling, if it does not refuse an id that was used before).',
  ),
  paragraph(
    'When a submit was accepted just as an outage began, those sent with it no longer counted as unanswered.',
    'More were sent, and five questions reached a person instead of three.',
  ),
  'The sweep gave back the slot of an unresolved submit after half a minute, not at its deadline.',
  paragraph(
    'When Redis was away while a worker wrote into a folder, the wait counted as writing time, and the folder was not written again for ten minutes.',
    'When the disk was full, the writer forgot the batch.',
  ),
  'When a worker died after it had put a file in place and before it had removed the part file, the part file stayed behind.',
  'Workers looked for stalled jobs every 5 s, so the next useful step came up to 20.2 s after a kill. They now look every 3 s.',
  paragraph(
    'Look-ups that got no answer counted as look-ups made, so an outage of ten minutes asked a person about Kling and AceData.',
    'Such a look-up is now repeated every minute for an hour and a half.',
  ),
  paragraph(
    'After Redis had been frozen for 20 s, another worker judged an intent 13 ms before its owner could say that nothing had been sent,',
    'and a person was asked about an Allegro prompt without need.',
    'A worker that knows that a request was not accepted now says so even after such a judgement.',
  ),
  paragraph(
    'Tasks that were created during a look-up pushed tasks already seen onto the next page of AceData\'s list.',
    'Dailies took it for a list that cannot be paged, never concluded that a task was absent, and asked a person (Hailuo, Luma).',
  ),
  paragraph(
    'A mistake in the test itself: when both lanes of the kill storm accepted work at the same moment, they drew the same ids,',
    'and nine generations seemed to be lost.',
  ),
];

const NOT_COVERED = [
  'Other machines and file systems, such as network file systems, power cuts, and disks that lie about `fsync`. A killed process is not a power cut.',
  paragraph(
    'Redis Cluster, Sentinel, fail-over to a replica, and a restored backup. This run uses one server.',
    '`npm test` kills the master of a Cluster and of a Sentinel trio in the middle of work (test/chaos/fail-over.test.ts).',
    'The short form of this suite can also run on both (CONTRIBUTING.md).',
  ),
  'The real upstreams. The simulator is written from their documents. Where these say nothing, it had to choose (apps/simulator/README.md).',
  'Real waiting times. Three minutes of silence, locks of 15 s and long polls run the same code with other numbers.',
  'A kill in the middle of a system call, or of a write by Redis. The named points are between two effects; the kill storm strikes at random moments.',
  paragraph(
    'An upstream that delivers a POST, or lists its task, later than we wait:',
    '`SETTLE_AFTER_MS` (AceData: four times that) after the submit was seen to end, or `SETTLE_SILENT_MS` after its sender fell silent.',
    'Such a prompt would be paid twice. The waits are chosen so long that nobody has seen this happen.',
  ),
];

function partOf({ name, did, figures, findings, skipped }: PartResult): string {
  const found = findings.length === 0 ? 'No invariant was broken.' : list(findings.map((finding) => `**${finding}**`));
  const left = skipped.length === 0 ? '' : `\n\nNot run: ${skipped.join('; ')}.`;
  return `## ${name}

${did}

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
