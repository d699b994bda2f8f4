/**
 * The boxes of an MP4, read from their headers through a file handle: whether they add up to the file.
 * It must never read the media itself into memory, and never trust a length that the file states about itself.
 */
import type { MediaSource } from './media-source.ts';

export interface Span {
  /** First byte of the content, and the first byte after it. */
  start: number;
  end: number;
}

export interface Box extends Span {
  type: string;
}

/** The first top-level box of each type. Throws a `BrokenMp4` unless the boxes add up to the length of the file. */
export async function topBoxes(file: MediaSource): Promise<ReadonlyMap<string, Box>> {
  const { size } = await file.stat();
  const first = new Map<string, Box>();
  for await (const box of boxes(file, { start: 0, end: size })) if (!first.has(box.type)) first.set(box.type, box);
  return first;
}

/** The first box of this type inside of another. */
export async function childBox(file: MediaSource, parent: Span, type: string): Promise<Box | undefined> {
  for await (const box of boxes(file, parent)) if (box.type === type) return box;
  return undefined;
}

export async function readAt(file: MediaSource, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** The reason in its message completes the sentence "the file is broken: …". */
export class BrokenMp4 extends Error {
  override readonly name = 'BrokenMp4';
}

/** A fragmented video has a few boxes a second; this many is no video. */
const MAX_BOXES = 100_000;

async function* boxes(file: MediaSource, within: Span): AsyncGenerator<Box> {
  let at = within.start;
  for (let count = 0; at < within.end; count += 1) {
    if (count === MAX_BOXES) throw new BrokenMp4('it has too many boxes');
    const head = await readAt(file, at, Math.min(16, within.end - at));
    if (head.length < 8) throw new BrokenMp4('its last box is cut off');
    const stated = head.readUInt32BE(0);
    const long = stated === 1;
    if (long && head.length < 16) throw new BrokenMp4('its last box is cut off');
    const length = long ? Number(head.readBigUInt64BE(8)) : stated === 0 ? within.end - at : stated;
    const start = at + (long ? 16 : 8);
    const end = at + length;
    const type = head.toString('latin1', 4, 8);
    if (end < start) throw new BrokenMp4(`its box at ${at} is shorter than its own header`);
    if (end > within.end) throw new BrokenMp4(`its box at ${at} ends ${end - within.end} bytes after the file does`);
    yield { type, start, end };
    at = end;
  }
}
