/**
 * What a file is, judged by its own bytes: neither the name nor the header of the answer is believed.
 * It must never call a file a video because nothing speaks against it.
 */
import { AssetError } from './asset-error.ts';
import type { MediaSource } from './media-source.ts';
import { BrokenMp4 } from './mp4-boxes.ts';
import { readMp4, type Mp4Facts } from './mp4.ts';

export interface MediaFacts extends Mp4Facts {
  contentType: string;
}

export type Expected = 'video' | 'image';

/** Enough first bytes to tell every kind apart. */
export const TELLING_BYTES = 16;

/** The facts of a whole file of the expected kind, or an `AssetError` that says what is wrong with it. */
export async function inspectMedia(file: MediaSource, expect: Expected, shown: string): Promise<MediaFacts> {
  const head = Buffer.alloc(64);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const contentType = kindOf(head.subarray(0, bytesRead), expect, shown);
  if (contentType !== 'video/mp4') return { contentType };
  try {
    return { contentType, ...(await readMp4(file)) };
  } catch (error) {
    if (error instanceof BrokenMp4) throw new AssetError('not-a-video', `${shown} is not a whole MP4: ${error.message}.`);
    throw error;
  }
}

/** The content type that the first bytes prove, or an `AssetError` when they prove anything else. */
export function kindOf(head: Buffer, expect: Expected, shown: string): string {
  const kind = KINDS.find(({ matches }) => matches(head))?.contentType;
  if (kind?.startsWith(`${expect}/`) === true) return kind;
  if (head.length === 0) throw new AssetError('not-a-video', `${shown} is empty.`);
  const what = kind ?? (/^(\u00ef\u00bb\u00bf)?\s*</.test(head.toString('latin1')) ? 'a web page or XML' : 'unknown data');
  throw new AssetError('not-a-video', `${shown} is not ${expect === 'video' ? 'a video' : 'an image'} but ${what}.`);
}

const STILL_BRANDS: ReadonlySet<string> = new Set(['avif', 'avis', 'heic', 'heix', 'mif1', 'msf1']);

const KINDS: readonly { contentType: string; matches: (head: Buffer) => boolean }[] = [
  { contentType: 'image/avif', matches: (head) => text(head, 4, 8) === 'ftyp' && STILL_BRANDS.has(text(head, 8, 12)) },
  { contentType: 'video/mp4', matches: (head) => text(head, 4, 8) === 'ftyp' },
  { contentType: 'video/webm', matches: (head) => head.length >= 4 && head.readUInt32BE(0) === 0x1a45_dfa3 },
  { contentType: 'image/jpeg', matches: (head) => text(head, 0, 3) === '\u00ff\u00d8\u00ff' },
  { contentType: 'image/png', matches: (head) => text(head, 0, 8) === '\u0089PNG\r\n\u001a\n' },
  { contentType: 'image/gif', matches: (head) => /^GIF8[79]a/.test(text(head, 0, 6)) },
  { contentType: 'image/webp', matches: (head) => text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'WEBP' },
];

function text(head: Buffer, from: number, to: number): string {
  return head.toString('latin1', from, to);
}
