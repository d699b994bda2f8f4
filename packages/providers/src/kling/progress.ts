/**
 * A Kling task object → progress. Both dialects use the same words for a task's state, except for success; where the other fields stand is said by
 * the dialect. An unknown word never ends a task: it stays pending.
 */
import type { Progress } from '../provider.ts';
import { doneWithoutVideo, succeededWith } from '../asset.ts';
import { definedOnly } from '../defined-only.ts';
import type { JsonObject } from '../http/json.ts';
import { plainText } from '../http/plain-text.ts';
import { tookMs } from '../took.ts';
import type { Dialect } from './dialect.ts';

export function progressOf(dialect: Dialect, data: JsonObject, secret: string): Progress {
  const status = dialect.statusOf(data);
  switch (status) {
    case 'submitted':
      return { state: 'pending', phase: 'queued' };
    case 'processing':
      return { state: 'pending', phase: 'running' };
    case 'succeed':
    case 'succeeded':
      return succeeded(dialect, data);
    case 'failed': {
      const message = plainText(dialect.reasonOf(data), secret) || 'Kling gave no reason.';
      return { state: 'failed', failure: { kind: 'upstream', message, retryable: false } };
    }
    default:
      return { state: 'pending', phase: 'running', note: `unknown status "${plainText(status ?? '', secret)}"` };
  }
}

function succeeded(dialect: Dialect, data: JsonObject): Progress {
  const made = succeededWith(dialect.assetsOf(data));
  if (made === undefined) return doneWithoutVideo('Kling');
  const units = dialect.unitsOf(data);
  return {
    ...made,
    ...definedOnly({
      reported: units === undefined || units < 0 ? undefined : { amount: units, unit: 'units' },
      tookMs: tookMs(dialect.createdAt(data), dialect.updatedAt(data), 1),
    }),
  };
}
