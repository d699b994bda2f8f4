/**
 * Stores images before the generations that carry them, since a worker may take a generation as soon as it is there. A generation that the ledger knows
 * already has its images, and one that has succeeded or is a stub needs none. But a producer of an older version records no users of an image, so a
 * worker may have removed one that is still needed. Asking for the same again brings it back.
 */
import { isStored, storeImage, type StoredImage } from '../ledger/images.ts';
import { submittableIds, unknownIds } from '../ledger/read.ts';
import type { Store } from '../ledger/store.ts';
import { shardOf } from '../shards/routing.ts';
import type { PreparedItem } from './prepare-item.ts';

export async function storeImages(store: Store, items: readonly Pick<PreparedItem, 'images' | 'generation'>[]): Promise<void> {
  const carrying = items.filter(({ images }) => images.length > 0);
  if (carrying.length === 0) return;
  const ids = carrying.map(({ generation }) => generation.id);
  const fresh = new Set(await unknownIds(store, ids));
  const submittable = await submittableIds(store, ids.filter((id) => !fresh.has(id)));
  // By image: the same content is the same object (intake/images.ts). To read and hash a picture for each of a thousand prompts would take a minute.
  const users = new Map<Store, Map<StoredImage, string[]>>();
  for (const { images, generation } of carrying) {
    const { id, account, earlier } = generation;
    if (fresh.has(id) ? earlier?.state === 'succeeded' : !submittable.has(id)) continue;
    const shard = shardOf(store, account);
    const there = users.get(shard) ?? new Map<StoredImage, string[]>();
    users.set(shard, there);
    for (const image of images) {
      const using = there.get(image) ?? [];
      using.push(id);
      there.set(image, using);
    }
  }
  for (const [shard, there] of users) {
    for (const [image, using] of there) {
      if (using.some((id) => fresh.has(id)) || !(await isStored(shard, image))) await storeImage(shard, image, using);
    }
  }
}
