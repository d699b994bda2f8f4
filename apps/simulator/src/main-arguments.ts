import { parseArgs } from 'node:util';
import { KINDS, faultNames, parseFault } from './faults/fault-menu.ts';
import type { SimulatorOptions } from './simulator-options.ts';

/** The command line of the simulator. Wrong input is an error that says what is right; it never starts with half of it. */
export function readArguments(words: readonly string[]): SimulatorOptions | 'help' {
  const { values } = parseArgs({ args: [...words], options: OPTIONS, strict: true, allowPositionals: false });
  if (values.help === true) return 'help';
  const duplicate = values.duplicate;
  if (duplicate !== undefined && duplicate !== 'reject' && duplicate !== 'accept') throw new Error(`--duplicate is ${duplicate}: it must be reject or accept.`);
  return {
    host: values.host, port: numeric('--port', values.port), assetPort: numeric('--asset-port', values['asset-port']),
    assetOrigin: values['asset-origin'], speed: numeric('--speed', values.speed), seed: numeric('--seed', values.seed), stateFile: values.state,
    limits: pairs('--limit', values.limit, ['allegro', 'kling', 'acedata']),
    durations: pairs('--duration', values.duration, ['allegro', 'kling', 'hailuo', 'pika', 'luma']),
    keys: values.key, failures: numeric('--failures', values.failures), duplicateExternalId: duplicate,
    linkLifeMs: numeric('--link-life', values['link-life']), faults: values.fault?.map(faultOf),
  };
}

export function help(): string {
  const menu = KINDS.map((kind) => `  on ${kind}: ${faultNames(kind).join(' ')}`).join('\n');
  return `${USAGE}\nWhat can go wrong:\n${menu}\n`;
}

const OPTIONS = {
  'help': { type: 'boolean', short: 'h' },
  'host': { type: 'string' },
  'port': { type: 'string' },
  'asset-port': { type: 'string' },
  'asset-origin': { type: 'string' },
  'speed': { type: 'string' },
  'seed': { type: 'string' },
  'state': { type: 'string' },
  'limit': { type: 'string', multiple: true },
  'duration': { type: 'string', multiple: true },
  'key': { type: 'string', multiple: true },
  'failures': { type: 'string' },
  'duplicate': { type: 'string' },
  'link-life': { type: 'string' },
  'fault': { type: 'string', multiple: true },
} as const;

const USAGE = `The upstream simulator: Allegro, Kling, Hailuo, Pika and Luma over real HTTP. Nothing is paid, nothing leaves this machine.

  --port N            the API of all five (default: any free port)
  --asset-port N      the second origin, which serves the videos (default: any free port)
  --asset-origin URL  what links begin with, if not the asset server's own address
  --host ADDRESS      where both listen (default: 127.0.0.1)
  --speed N           upstream time runs N times faster (default: 1)
  --seed N            the same seed draws the same durations (default: 1)
  --state FILE        keep accepted tasks in FILE, so that they survive a restart
  --limit A=N         tasks in flight per key; A is allegro (50), kling (10) or acedata (5)
  --duration P=MS     a fixed duration for a provider, in upstream milliseconds
  --key KEY           let only this key in (repeatable; default: any)
  --failures P        the probability that a task fails (default: 0)
  --duplicate WHAT    reject or accept a used external_task_id at Kling (default: reject)
  --link-life MS      how long a link works, in real milliseconds (default: one day)
  --fault JSON        something that goes wrong (repeatable), for example
                      '{"on":"poll","provider":"kling","what":"503","times":3}'

When it listens it prints one line: {"url":"…","assets":"…"}. It ends on SIGTERM or Ctrl-C.
`;

function numeric(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new Error(`${name} is ${text}: it must be a number, 0 or more.`);
  return value;
}

function pairs<Name extends string>(flag: string, texts: readonly string[] | undefined, names: readonly Name[]): Partial<Record<Name, number>> {
  const result: Partial<Record<Name, number>> = {};
  for (const text of texts ?? []) {
    const [given = '', value] = text.split('=');
    const name = names.find((candidate) => candidate === given);
    if (name === undefined || value === undefined) throw new Error(`${flag} is ${text}: write NAME=NUMBER, where NAME is one of ${names.join(', ')}.`);
    result[name] = numeric(`${flag} ${name}`, value) ?? 0;
  }
  return result;
}

function faultOf(text: string): ReturnType<typeof parseFault> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`--fault ${text} is not JSON. Write it like '{"on":"poll","what":"500","times":2}'.`);
  }
  return parseFault(value);
}
