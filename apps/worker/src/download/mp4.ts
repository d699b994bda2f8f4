/**
 * Whether an MP4 is whole, and how long and large its picture is: read from the headers of its boxes through a file handle.
 * It must never read the media itself into memory, and never trust a length that the file states about itself.
 */
import type { FileHandle } from 'node:fs/promises';

export interface Mp4Facts {
  durationSeconds?: number;
  width?: number;
  height?: number;
}

/** Throws a `BrokenMp4` unless the boxes add up to the length of the file and there are a type, a movie and its media. */
export async function readMp4(file: FileHandle): Promise<Mp4Facts> {
  const { size } = await file.stat();
  const first = new Map<string, Box>();
  for await (const box of boxes(file, { start: 0, end: size })) if (!first.has(box.type)) first.set(box.type, box);
  const movie = first.get('moov');
  if (movie === undefined) throw new BrokenMp4('it has no movie box (moov)');
  if (!first.has('ftyp')) throw new BrokenMp4('it has no type box (ftyp)');
  if (!first.has('mdat')) throw new BrokenMp4('it has no media box (mdat)');
  return { ...(await duration(file, movie)), ...(await dimensions(file, movie)) };
}

/** The reason in its message completes the sentence "the file is broken: …". */
export class BrokenMp4 extends Error {
  override readonly name = 'BrokenMp4';
}

interface Span {
  /** First byte of the content, and the first byte after it. */
  start: number;
  end: number;
}

interface Box extends Span {
  type: string;
}

/** A fragmented video has a few boxes a second; this many is no video. */
const MAX_BOXES = 100_000;

async function* boxes(file: FileHandle, within: Span): AsyncGenerator<Box> {
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

async function child(file: FileHandle, parent: Span, type: string): Promise<Box | undefined> {
  for await (const box of boxes(file, parent)) if (box.type === type) return box;
  return undefined;
}

/** `mvhd` holds it; in a fragmented file it is 0 there and `mvex/mehd` has it. */
async function duration(file: FileHandle, movie: Span): Promise<Pick<Mp4Facts, 'durationSeconds'>> {
  const header = await child(file, movie, 'mvhd');
  if (header === undefined) return {};
  const bytes = await readAt(file, header.start, Math.min(32, header.end - header.start));
  const long = bytes[0] === 1;
  if (bytes.length < (long ? 32 : 20)) return {};
  const timescale = bytes.readUInt32BE(long ? 20 : 12);
  const units = long ? known64(bytes.readBigUInt64BE(24)) : known32(bytes.readUInt32BE(16));
  const length = units > 0 ? units : await fragmentedUnits(file, movie);
  return timescale > 0 && length > 0 ? { durationSeconds: Math.round((length / timescale) * 1000) / 1000 } : {};
}

async function fragmentedUnits(file: FileHandle, movie: Span): Promise<number> {
  const extension = await child(file, movie, 'mvex');
  const header = extension && (await child(file, extension, 'mehd'));
  if (header === undefined) return 0;
  const bytes = await readAt(file, header.start, Math.min(12, header.end - header.start));
  if (bytes[0] === 1) return bytes.length < 12 ? 0 : known64(bytes.readBigUInt64BE(4));
  return bytes.length < 8 ? 0 : known32(bytes.readUInt32BE(4));
}

/** The first track with a picture; sound has the size 0 × 0. Both numbers are 16.16 fixed point. */
async function dimensions(file: FileHandle, movie: Span): Promise<Pick<Mp4Facts, 'width' | 'height'>> {
  for await (const track of boxes(file, movie)) {
    const header = track.type === 'trak' ? await child(file, track, 'tkhd') : undefined;
    if (header === undefined) continue;
    const bytes = await readAt(file, header.start, Math.min(96, header.end - header.start));
    const matrixAt = bytes[0] === 1 ? 52 : 40;
    if (bytes.length < matrixAt + 44) continue;
    const width = Math.round(bytes.readUInt32BE(matrixAt + 36) / 65_536);
    const height = Math.round(bytes.readUInt32BE(matrixAt + 40) / 65_536);
    if (width === 0 || height === 0) continue;
    // A phone's upright video is stored lying down and turned by its matrix.
    const turned = bytes.readInt32BE(matrixAt) === 0 && bytes.readInt32BE(matrixAt + 4) !== 0;
    return turned ? { width: height, height: width } : { width, height };
  }
  return {};
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** All bits set means "not known". */
function known32(units: number): number {
  return units === 0xffff_ffff ? 0 : units;
}

function known64(units: bigint): number {
  return units === 0xffff_ffff_ffff_ffffn ? 0 : Number(units);
}
