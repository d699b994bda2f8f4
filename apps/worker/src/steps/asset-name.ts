/** The name of a file in the batch folder: `<id>.mp4` for the first video, `<id>.<n>.<ext>` for what else there is. */
import type { Asset } from '@dailies/providers';

export function assetName(id: string, asset: Asset, position: number, videosBefore: number): string {
  if (asset.kind === 'video') return videosBefore === 0 ? `${id}.mp4` : `${id}.${position}.mp4`;
  return `${id}.${position}.${pictureExtension(asset.url)}`;
}

function pictureExtension(url: string): string {
  const [, extension] = /\.(jpe?g|png|webp|gif)$/i.exec(url.split(/[?#]/, 1)[0] ?? '') ?? [];
  return (extension ?? 'jpg').toLowerCase();
}
