/**
 * Images given as files or Base64: stored once, by SHA-256, in the shard that needs them; requests and jobs carry only `sha256:<hex>`.
 * An image is deleted when no generation that carries it may be submitted any more: one that has succeeded is only fetched again (transition.ts), and a
 * stub is never submitted again (retention.ts). Images of an intake that never came through are deleted a day later (unused-images.ts).
 */
import { createHash } from 'node:crypto';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

export interface StoredImage {
  bytes: Uint8Array;
  contentType: string;
}

export function imageReference(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** `users`: ids of the generations that carry it. */
export async function storeImage(store: Store, image: StoredImage, users: readonly string[]): Promise<string> {
  const reference = imageReference(image.bytes);
  const [key, usersKey] = imageKeys(store, reference);
  // First the users are recorded, and only then is the image looked for: from here on nobody deletes it.
  await runScript(store, USE, [key, usersKey, store.keys.imageUses], [reference, ...users]);
  // If it is there it is the same image, since its key is its hash. To write it again with every run of a file would lengthen the append-only file.
  if ((await store.redis.hexists(key, 'bytes')) === 1) return reference;
  await store.redis.hset(key, { type: image.contentType, bytes: Buffer.from(image.bytes) });
  return reference;
}

/** The keys of every stored image that a request carries: of the image, and of the set of its users, in turn. Without a request there are none. */
export function imageKeysIn(store: Store, request: unknown): string[] {
  const references = new Set<string>();
  JSON.stringify(request, (_name, value: unknown) => {
    if (typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)) references.add(value);
    return value;
  });
  return [...references].flatMap((reference) => imageKeys(store, reference));
}

function imageKeys({ keys }: Store, reference: string): [image: string, users: string] {
  const sha256 = reference.slice('sha256:'.length);
  return [keys.image(sha256), keys.imageUsers(sha256)];
}

export async function isStored(store: Store, { bytes }: StoredImage): Promise<boolean> {
  return (await store.redis.hexists(imageKeys(store, imageReference(bytes))[0], 'bytes')) === 1;
}

export async function loadImage(store: Store, reference: string): Promise<StoredImage> {
  const [bytes, contentType] = await store.redis.hmgetBuffer(imageKeys(store, reference)[0], 'bytes', 'type');
  if (!bytes || !contentType) throw new Error(`the image ${reference.slice(0, 19)}… is not stored any more`);
  return { bytes, contentType: contentType.toString() };
}

const USE = script(`
-- Stored by an older version, which recorded no users: nobody knows all of them, and the image stays for ever.
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SADD', KEYS[2], '*') end
for i = 2, #ARGV do
  redis.call('SADD', KEYS[2], ARGV[i])
  redis.call('ZADD', KEYS[3], now, ARGV[1] .. ' ' .. ARGV[i])
end
return 1
`);

/** Lua: `let_go_of_images(id, from)`, for scripts after which a generation is never submitted again. `from`: the place of its first image key in KEYS. */
export const LET_GO_OF_IMAGES = `
local function let_go_of_images(id, from)
  for i = from, #KEYS, 2 do
    if redis.call('SREM', KEYS[i + 1], id) == 1 and redis.call('EXISTS', KEYS[i + 1]) == 0 then redis.call('DEL', KEYS[i]) end
  end
end
`;
