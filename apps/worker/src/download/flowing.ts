/**
 * The chunks of a body, as long as they come fast enough. A host that drips a byte now and then never stalls by the clock of a single read, and
 * would hold a download for days. Only waiting for the host counts, not what we do with a chunk.
 */
import { AssetError } from './asset-error.ts';
import type { OpenedLink } from './open-link.ts';

/** Less than this in the longest silence that is allowed is no transfer: 4 KiB in 30 s. */
const LEAST_BYTES = 4_096;

export async function* flowing({ body, shown }: Pick<OpenedLink, 'body' | 'shown'>, stallMs: number): AsyncGenerator<Buffer> {
  let waitedMs = 0;
  let bytes = 0;
  let askedAt = performance.now();
  for await (const chunk of body) {
    const some = chunk as Buffer;
    waitedMs += performance.now() - askedAt;
    bytes += some.length;
    yield some;
    if (bytes >= LEAST_BYTES) {
      waitedMs = 0;
      bytes = 0;
    } else if (waitedMs > stallMs) throw new AssetError('interrupted', `${shown} drips: ${bytes} bytes came in ${Math.round(waitedMs / 1000)} s.`);
    askedAt = performance.now();
  }
}
