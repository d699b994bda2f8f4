/**
 * One call of the command line: parses, runs, and turns whatever is thrown into an exit code and, for people, a line. After Ctrl-C
 * the exit code is 130, whatever was thrown.
 * A stack is shown only to those who asked for it (LOG_LEVEL=debug or trace).
 */
import { CommanderError } from 'commander';
import { Complaint } from './complaint.ts';
import type { Context } from './context.ts';
import { createProgram } from './program.ts';

export async function runCommandLine(context: Context, words: readonly string[]): Promise<number> {
  let code = 0;
  try {
    await createProgram(context, (found) => (code = found)).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    context.terminal.pin([]);
    return await complain(context, error);
  }
}

async function complain({ terminal, environment, interrupts }: Context, error: unknown): Promise<number> {
  // Commander has already printed its message. `--help` and `--version` end like this too, with 0; no command at all ends with help and 2.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const wantsStack = /^(debug|trace)$/.test(environment['LOG_LEVEL'] ?? '');
  const message = error instanceof Error ? error.message : String(error);
  terminal.say(`dailies: ${wantsStack && error instanceof Error ? (error.stack ?? message) : message}`);
  if (interrupts.stopping.aborted) return 130;
  if (error instanceof Complaint) return error.exitCode;
  // Loaded here and not at the top: the package takes most of a second, and `--help` does not need it.
  const { ConfigError } = await import('@dailies/queue');
  return error instanceof ConfigError ? 2 : 1;
}
