/** After a start, repairs once what an earlier stop left undone. It runs beside the work: however much there is to repair, nothing that is due waits for it. */
import { repairAll } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** Never rejects: what it could not do is done by the sweep. */
export async function repairLeft({ store, queues, stopping, log }: WorkerContext): Promise<void> {
  try {
    const repaired = await repairAll(store, queues, stopping);
    if (repaired > 0) log.info({ repaired }, 'repaired what an earlier stop left');
  } catch (error) {
    log.warn({ err: error }, 'the repair of the start was cut off: the sweep goes on with it');
  }
}
