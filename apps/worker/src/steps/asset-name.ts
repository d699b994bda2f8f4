/**
 * The name of a file in the batch folder: `<id>.mp4` for the first video, `<id>.<n>.<ext>` for what else there is. And what it is a file of: a
 * copy with a watermark (`other`) is a film too, though it is none of the videos.
 */
import type { Asset } from '@dailies/providers';

export function assetName(id: string, asset: Asset, position: number, videosBefore: number): string {
  if (asset.kind === 'video' && videosBefore === 0) return `${id}.mp4`;
  return `${id}.${position}.${expectedOf(asset) === 'video' ? 'mp4' : pictureExtension(asset.url)}`;
}

export function expectedOf({ kind }: Asset): 'video' | 'image' {
  return kind === 'video' || kind === 'other' ? 'video' : 'image';
}

function pictureExtension(url: string): string {
  const [, extension] = /\.(jpe?g|png|webp|gif)$/i.exec(url.split(/[?#]/, 1)[0] ?? '') ?? [];
  return (extension ?? 'jpg').toLowerCase();
}
