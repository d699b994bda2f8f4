/**
 * Who goes on with what a person has set going again. What is to be submitted and belongs to an attended batch waits for a `run` or a `watch`, however many
 * workers there are; what is only polled or fetched does not.
 */
import { readBatch } from '@dailies/queue';
import type { Session } from '../session.ts';

export async function whoGoesOn({ desk, setting }: Session, batch: string | null, submits: boolean): Promise<string> {
  const found = submits && batch !== null ? await readBatch(desk.store, batch).catch(() => null) : null;
  if (found?.attended === true) {
    return `This batch is attended: run its file again, or \`dailies watch ${found.name}${setting.suffix}\` beside a worker.`;
  }
  return setting.simulator === null
    ? 'A worker does it: one that runs already, or `npm start`, or the `dailies run` that made it.'
    : 'A worker does it: one that runs already, or `dailies start --simulate`, or the `dailies run … --simulate` that made it.';
}
