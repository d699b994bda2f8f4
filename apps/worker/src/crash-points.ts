/**
 * The gaps between two effects where a process may die, by name. In production `at` does nothing; the chaos suite kills or stops the
 * process there, and looks from the outside whether anything was paid twice, lost or stuck (docs/chaos-report.md).
 */
const CRASH_POINTS = [
  'submit:fetched',
  'submit:intent-written',
  'submit:sending',
  'submit:answered',
  'submit:recorded',
  'submit:handed-over',
  'submit:refused',
  'submit:put-back',
  'submit:doubtful',
  'settle:looked',
  'settle:adopted',
  'settle:requeued',
  'poll:fetched',
  'poll:answered',
  'poll:noted',
  'poll:ended',
  'poll:resubmitted',
  'poll:handed-over',
  'download:fetched',
  'download:stored',
  'download:succeeded',
  'webhook:recorded',
  'webhook:published',
  'webhook:answered',
  'folder:locked',
  'folder:manifest',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

/** The points on the way of a prompt to its file. Those of webhooks are reached only with an endpoint (test/integration/webhook-crashes.test.ts). */
export const UPSTREAM_POINTS = CRASH_POINTS.filter((point) => !point.startsWith('webhook:'));

/** Synchronous on purpose: a point between two bytes must not open another gap. */
export type AtCrashPoint = (point: CrashPoint, generation: string) => void;
