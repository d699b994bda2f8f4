import { describe, expect, test } from 'vitest';
import { slotOf } from './slot.ts';
import { shardTags } from './tags.ts';

describe('the tags of shards', () => {
  test('lie in the slots that Redis itself counts', () => {
    // The first is of the specification of Redis Cluster, the second a server's answer to CLUSTER KEYSLOT.
    expect(slotOf('123456789')).toBe(0x31c3 % 16_384);
    expect(slotOf('dailies:0')).toBe(11_246);
  });

  test('never change between versions, and begin with the tag that a ledger of one shard has', () => {
    expect(shardTags('dailies:0', 4)).toEqual(['dailies:0', 'dailies:0.1-154', 'dailies:0.2-1032', 'dailies:0.3-57']);
    expect(shardTags('dailies:0', 1)).toEqual(['dailies:0']);
  });

  test('stay where they are when there are more of them', () => {
    expect(shardTags('a', 64).slice(0, 3)).toEqual(shardTags('a', 3));
  });

  test('lie evenly over the slots of a Cluster, however many there are', () => {
    for (const count of [2, 3, 4, 6, 8, 16, 33, 64]) {
      const slots = shardTags('dailies:0', count).map(slotOf).toSorted((a, b) => a - b);
      const gaps = slots.map((slot, at) => (slots[at + 1] ?? (slots[0] ?? 0) + 16_384) - slot);
      expect(Math.max(...gaps), `${count} shards`).toBeLessThanOrEqual((2 * 16_384) / count + 64);
      expect(new Set(slots).size).toBe(count);
    }
  });
});
