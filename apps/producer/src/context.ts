/** What every command is given of the process it runs in. Commands touch `process` in no other way. */
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
