/** Runs a `dailies` command in the test's own process and answers its stdout, stderr and exit code. */
import { Readable } from 'node:stream';
import { runCommandLine } from '../../apps/producer/src/entry.ts';
import type { Terminal } from '../../apps/producer/src/terminal.ts';
import type { TestLedger } from './ledger.ts';
import { TEST_SHARDS } from './shards.ts';

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** `ask`: answers the questions of the command, as a person at a terminal. */
export async function dailies(environment: Record<string, string>, folder: string, words: readonly string[], ask?: () => Promise<boolean>): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const terminal: Terminal = {
    data: (text) => void (stdout += text),
    say: (line) => void (stderr += `${line}\n`),
    pin: () => undefined,
    live: false,
    dataIsForPeople: false,
    columns: 80,
    colour: false,
    canAsk: ask !== undefined,
    ask: ask ?? (() => Promise.resolve(false)),
    input: Readable.from([]),
  };
  const interrupts = { stopping: new AbortController().signal, onStop: () => undefined, onHardStop: () => undefined, limitStop: () => undefined };
  const code = await runCommandLine({ environment, places: { root: folder, cwd: folder }, terminal, interrupts, version: '0.0.0-test' }, words);
  return { code, stdout, stderr };
}

/** What a command must be told to find the ledger of a test. */
export function environmentOf({ redisUrl, tag }: Pick<TestLedger, 'redisUrl' | 'tag'>): Record<string, string> {
  return { REDIS_URL: redisUrl, REDIS_TAG: tag, SHARDS: String(TEST_SHARDS), LOG_LEVEL: 'silent' };
}
