/**
 * The name of a file in the batch folder: `<id>.mp4` for the first video, `<id>.<n>.<ext>` for every other asset. It is never a name that another
 * generation may have: a person can choose the id `shot.1`, and a further asset of `shot` would be named alike. The one that is downloaded second would
 * take the other's file for its own, fetched before.
 */
import type { Asset } from '@dailies/providers';
import { type Generation, readGenerations, type Store } from '@dailies/queue';

/** The names of one result's assets. */
export interface AssetNames {
  /**
   * Call it once for each asset, in their order: no two get the same name. A name that a file of this generation had before, or was about to get, may be
   * used again.
   */
  next(asset: Asset, position: number): Promise<string>;
}

export function createAssetNames(store: Store, generation: Generation, folder: string): AssetNames {
  const { id, files = [], storing = [] } = generation;
  const own = new Set([...files, ...storing].map(({ file }) => file));
  const given = new Set<string>();
  let isFirstVideo = true;

  const isFree = async (name: string): Promise<boolean> => !given.has(name) && (own.has(name) || !(await isAnothers(store, id, folder, name)));

  return {
    async next(asset, position) {
      const extension = expectedOf(asset) === 'video' ? 'mp4' : pictureExtension(asset.url);
      let name = asset.kind === 'video' && isFirstVideo ? firstVideoOf(id, own, position) : `${id}.${position}.${extension}`;
      for (let number = position; !(await isFree(name)); number += 1) name = `${id}.${number}.${extension}`;
      given.add(name);
      if (asset.kind === 'video') isFirstVideo = false;
      return name;
    },
  };
}

/** Where something else has its name, the video was stored, or was about to be, under the next one that was free: it is looked for there. */
function firstVideoOf(id: string, own: ReadonlySet<string>, position: number): string {
  const first = `${id}.mp4`;
  if (own.has(first)) return first;
  const numbers = [...own].map((name) => Number(/^\.(\d+)\.mp4$/.exec(name.slice(id.length))?.[1] ?? -1));
  const later = numbers.filter((number) => number >= position);
  return later.length === 0 ? first : `${id}.${Math.min(...later)}.mp4`;
}

/** What the bytes of an asset must be. A copy with a watermark (`other`) is a film too, though not one of the result's videos. */
export function expectedOf({ kind }: Asset): 'video' | 'image' {
  return kind === 'video' || kind === 'other' ? 'video' : 'image';
}

/** Whether another generation has a file of this name, or may get one: `shot.1.mp4` is the first video of `shot.1`, and may be a further asset of `shot`. */
async function isAnothers(store: Store, id: string, folder: string, name: string): Promise<boolean> {
  const [, whole = '', base = ''] = /^((.+)\.\d+)\.\w+$/.exec(name) ?? [];
  if (base === '') return false;
  const others = [base, ...(name.endsWith('.mp4') ? [whole] : [])].filter((other) => other !== id);
  if (others.length === 0) return false;
  // In the whole ledger: a generation of another account may be in another shard.
  const found = await readGenerations(store.whole, others);
  return found.some((other) => other !== null && (other.id === whole || (other.folder === folder && other.files?.some(({ file }) => file === name) === true)));
}

function pictureExtension(url: string): string {
  const [, extension] = /\.(jpe?g|png|webp|gif)$/i.exec(url.split(/[?#]/, 1)[0] ?? '') ?? [];
  return (extension ?? 'jpg').toLowerCase();
}
