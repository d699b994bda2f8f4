/** What a program said with `--json`: an object a line, the summary last. */
import type { PublicGeneration } from '@dailies/queue';

export interface Said {
  generations: PublicGeneration[];
  summary: Summary;
}

interface Summary {
  type: 'summary';
  batch: string;
  total: number;
  counts: Record<string, number>;
  blocked: { provider: string; reason: string; count: number; remedy: string }[];
  exitCode: number;
}

export function saidJson(stdout: string): Said {
  const objects = jsonLines(stdout) as (PublicGeneration | Summary)[];
  const summary = objects.at(-1);
  if (summary === undefined || !('type' in summary)) throw new Error(`There is no summary at the end of:\n${stdout}`);
  return { generations: objects.slice(0, -1) as PublicGeneration[], summary };
}

/** Throws where a line is not JSON. */
export function jsonLines(text: string): unknown[] {
  return text.trimEnd().split('\n').map((line): unknown => JSON.parse(line));
}
