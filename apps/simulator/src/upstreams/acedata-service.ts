import type { LawName } from '../duration-law.ts';
import type { Phase, ProviderName, Task } from '../task.ts';
import type { World } from '../world.ts';

/** What tells Hailuo, Pika and Luma apart behind AceData's common doors. */
export interface AceDataService {
  readonly provider: ProviderName;
  readonly law: LawName;
  /** The field that is wrong, as the vendor's `bad_request` says it. */
  problemOf(body: Record<string, unknown>): string | undefined;
  /** The fields of a result beside `success` and the ids: `data[]`, or flat. */
  result(world: World, task: Task, result: ResultShape): Record<string, unknown>;
  /** `response` of a stored record while the task runs. */
  running(task: Task, phase: Phase): Record<string, unknown> | null;
  /** What fails when a task fails for no stated reason. */
  readonly failure: { readonly code: string; readonly message: string };
  /** Hailuo's failed records carry no `finished_at`. */
  readonly failsWithoutEnd: boolean;
}

interface ResultShape {
  readonly now: number;
  /** The state word of this service for a finished task, or an unknown one. */
  readonly word?: string | undefined;
  readonly withOutput: boolean;
}

export function problemOfAction(action: unknown, choices: readonly string[]): string | undefined {
  return choices.includes(String(action)) ? undefined : 'action is invalid.';
}

export function isUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}

