/** What one generation costs, waiting and finished: bytes of Redis, round trips, bytes of heap (docs/scaling.md, "What one generation costs"). */
import { loadNow, writeResults } from '../results.ts';
import { rounded } from '../statistics.ts';
import { finishedCost } from './finished-cost.ts';
import { waitingBytes } from './waiting-bytes.ts';
import { workerHeap } from './worker-heap.ts';

export async function costOfOne(waiting: readonly number[], say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const bytes = [];
  for (const count of waiting) {
    const one = await waitingBytes(count);
    bytes.push(one);
    const { queued, rendering } = one.parts;
    const ofQueued = `record ${queued.record}, job ${queued.job}, indexes ${queued.indexes}`;
    const ofRendering = `record ${rendering.record}, history ${rendering.history}, job ${rendering.job}, indexes ${rendering.indexes}`;
    say(`${count} waiting: ${one.queuedBytes} bytes of Redis each while queued (${ofQueued}), ${one.renderingBytes} while rendering (${ofRendering})`);
  }
  const finished = await finishedCost(200);
  const asked = `${finished.roundTrips.toFixed(1)} round trips to Redis, ${finished.commands.toFixed(0)} commands with those inside of scripts`;
  say(`one finished, ${finished.pollsEach.toFixed(1)} polls: ${asked}`);
  const heap = await workerHeap(2_000);
  say(`${heap.inFlight} in flight: ${heap.bytesEach} bytes of heap each in the worker that polls them`);
  await writeResults('lean', load, {
    what:
      'bytes of Redis per waiting generation (prompts of 120 characters, the ids that dailies gives), what a finished one asks of Redis, ' +
      'heap of a worker per generation in flight',
    waiting: bytes,
    finished: { ...finished, pollsEach: rounded(finished.pollsEach), roundTrips: rounded(finished.roundTrips), commands: rounded(finished.commands) },
    heap,
  });
}
