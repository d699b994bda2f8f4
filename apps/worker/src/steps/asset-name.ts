/**
 * The name of a file in the batch folder: `<id>.mp4` for the first video, `<id>.<n>.<ext>` for what else there is, and never a name that is another
 * generation's: a prompt's own id may end as such a name does (`shot.1` beside a copy of `shot`), and what stands under a name is taken for what
 * was fetched before. And what it is a file of: a copy with a watermark (`other`) is a film too, though it is none of the videos.
 */
import type { Asset } from '@dailies/providers';
import { type Generation, readGenerations, type Store } from '@dailies/queue';

/** The names of one result's assets. */
export interface AssetNames {
  /** Asked once for each asset, in their order: no two of them get the same name. One that the generation has had before stays its own. */
  next(asset: Asset, position: number): Promise<string>;
}

export function createAssetNames(store: Store, generation: Generation, folder: string): AssetNames {
  const { id, files = [] } = generation;
  const own = new Set(files.map(({ file }) => file));
  const given = new Set<string>();
  let isFirstVideo = true;

  const isFree = async (name: string): Promise<boolean> => !given.has(name) && (own.has(name) || !(await isAnothers(store, id, folder, name)));

  return {
    async next(asset, position) {
      const extension = expectedOf(asset) === 'video' ? 'mp4' : pictureExtension(asset.url);
      let name = asset.kind === 'video' && isFirstVideo ? `${id}.mp4` : `${id}.${position}.${extension}`;
      for (let number = position; !(await isFree(name)); number += 1) name = `${id}.${number}.${extension}`;
      given.add(name);
      if (asset.kind === 'video') isFirstVideo = false;
      return name;
    },
  };
}

export function expectedOf({ kind }: Asset): 'video' | 'image' {
  return kind === 'video' || kind === 'other' ? 'video' : 'image';
}

/** `shot.1.mp4` may be the first video of `shot.1`, whether it is there yet or not, or something else of `shot`. */
async function isAnothers(store: Store, id: string, folder: string, name: string): Promise<boolean> {
  const [, whole = '', base = ''] = /^((.+)\.\d+)\.\w+$/.exec(name) ?? [];
  if (base === '') return false;
  const others = [base, ...(name.endsWith('.mp4') ? [whole] : [])].filter((other) => other !== id);
  if (others.length === 0) return false;
  // Of the whole ledger: another account's are in another shard.
  const found = await readGenerations(store.whole, others);
  return found.some((other) => other !== null && (other.id === whole || (other.folder === folder && other.files?.some(({ file }) => file === name) === true)));
}

function pictureExtension(url: string): string {
  const [, extension] = /\.(jpe?g|png|webp|gif)$/i.exec(url.split(/[?#]/, 1)[0] ?? '') ?? [];
  return (extension ?? 'jpg').toLowerCase();
}
