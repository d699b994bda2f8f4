/**
 * The exit codes of `dailies`: scripts rely on them. When several apply, the order is 130, 2, 3, 1, 0.
 */
export interface Ending {
  interrupted?: boolean;
  /** Bad usage or input: nothing was enqueued. */
  misused?: boolean;
  /** How many wait for a person: unresolved, overdue, or queued under a pause that does not end by itself. */
  needPerson?: number;
  /** How many failed, were canceled, or have files that are not where they were asked for. */
  lost?: number;
}

export type ExitCode = 0 | 1 | 2 | 3 | 130;

export function exitCode({ interrupted = false, misused = false, needPerson = 0, lost = 0 }: Ending): ExitCode {
  if (interrupted) return 130;
  if (misused) return 2;
  if (needPerson > 0) return 3;
  return lost > 0 ? 1 : 0;
}
