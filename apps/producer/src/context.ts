/** What every command gets: its process, which it touches in no other way, and what was typed. */
import type { Environment } from '@dailies/queue';
import type { Interrupts } from './interrupts.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  environment: Environment;
  /** `root`: the clone. `cwd`: where the command was typed. */
  places: { root: string; cwd: string };
  terminal: Terminal;
  interrupts: Interrupts;
  version: string;
}

/** What almost every command can be told. */
export interface CommandOptions {
  /** The simulated upstreams, and the ledger of what was simulated. Default: the real ones. */
  simulate?: boolean | undefined;
  /** One JSON object a line on stdout. Default: words for people. */
  json?: boolean | undefined;
}
