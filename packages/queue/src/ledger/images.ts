/**
 * Images given as files or Base64: stored once, by SHA-256, in the shard that needs them; requests and jobs carry only `sha256:<hex>`.
 */
import { createHash } from 'node:crypto';
import type { Store } from './store.ts';

export interface StoredImage {
  bytes: Uint8Array;
  contentType: string;
}

export function imageReference(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export async function storeImage(store: Store, image: StoredImage): Promise<string> {
  const reference = imageReference(image.bytes);
  const key = store.keys.image(reference.slice('sha256:'.length));
  // What is there already is the same, by its name. Written again with every run of a file it would make the append-only file longer each time.
  if ((await store.redis.hexists(key, 'bytes')) === 1) return reference;
  await store.redis.hset(key, { type: image.contentType, bytes: Buffer.from(image.bytes) });
  return reference;
}

export async function loadImage(store: Store, reference: string): Promise<StoredImage> {
  const [bytes, contentType] = await store.redis.hmgetBuffer(store.keys.image(reference.slice('sha256:'.length)), 'bytes', 'type');
  if (!bytes || !contentType) throw new Error(`the image ${reference.slice(0, 19)}… is not stored any more`);
  return { bytes, contentType: contentType.toString() };
}
