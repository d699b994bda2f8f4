/**
 * The hash tags of the shards. Shard 0 has the ledger's own tag, so that a ledger of one shard is what it always was; each further one has a
 * suffix, chosen so that the tags lie evenly over the 16,384 slots of a Cluster. The tag of a shard depends on its number alone, never on how
 * many there are: more shards leave the earlier ones where they are. Nothing here may ever change: it is where the data are.
 */
import { SLOTS, slotOf } from './slot.ts';

/** How many slots a tag may lie off its place: masters own thousands of slots. */
const NEAR = 16;

export function shardTags(tag: string, count: number): string[] {
  const first = slotOf(tag);
  return Array.from({ length: count }, (_, shard) => (shard === 0 ? tag : tagNear(tag, shard, Math.round(first + placeOf(shard) * SLOTS) % SLOTS)));
}

/** 1/2, 1/4, 3/4, 1/8, 5/8, …: whatever their number, they are spread as evenly as may be (van der Corput's sequence). */
function placeOf(shard: number): number {
  let place = 0;
  for (let rest = shard, width = 0.5; rest > 0; rest = Math.floor(rest / 2), width /= 2) place += (rest % 2) * width;
  return place;
}

function tagNear(tag: string, shard: number, slot: number): string {
  for (let attempt = 0; ; attempt += 1) {
    const candidate = `${tag}.${shard}-${attempt}`;
    const distance = Math.abs(slotOf(candidate) - slot);
    if (Math.min(distance, SLOTS - distance) <= NEAR) return candidate;
  }
}
