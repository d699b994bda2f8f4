/**
 * Whether an MP4 is whole (mp4-boxes.ts), and how long and large its picture is, which gpac's mp4box reads from the movie box.
 * The movie box alone is given to it, up to a cap, and its small build, which reads no sample tables: the large one makes an array as long as a
 * table says it is. What it cannot read is left out; only a file that is not whole is an error.
 */
import { createFile, Log, type ISOFile } from 'mp4box/simple';
import { BrokenMp4, childBox, readAt, topBoxes, type Span } from './mp4-boxes.ts';
import type { MediaSource } from './media-source.ts';

export interface Mp4Facts {
  durationSeconds?: number;
  width?: number;
  height?: number;
}

/** Throws a `BrokenMp4` unless the boxes add up to the length of the file and there are a type, a movie and its media. */
export async function readMp4(file: MediaSource): Promise<Mp4Facts> {
  const first = await topBoxes(file);
  const movie = first.get('moov');
  if (movie === undefined) throw new BrokenMp4('it has no movie box (moov)');
  if (!first.has('ftyp')) throw new BrokenMp4('it has no type box (ftyp)');
  if (!first.has('mdat')) throw new BrokenMp4('it has no media box (mdat)');
  const content = movie.end - movie.start;
  if (content > MAX_MOVIE_BYTES) return {};
  const parsed = parseMovie(await readAt(file, movie.start, content));
  return { ...(await duration(file, movie, parsed)), ...dimensions(parsed) };
}

/** Two hours of video have about five megabytes of it. */
const MAX_MOVIE_BYTES = 16 * 1024 ** 2;

type Movie = ISOFile['moov'] | undefined;

function parseMovie(content: Buffer): Movie {
  // It would complain about a stranger's file on our stderr.
  Log.error = () => undefined;
  const file = createFile();
  // The lists of samples: the most of the work, and nobody needs them.
  file.buildSampleLists = () => undefined;
  const bytes = new ArrayBuffer(content.length + 8);
  const box = Buffer.from(bytes);
  box.writeUInt32BE(bytes.byteLength);
  box.write('moov', 4, 'latin1');
  content.copy(box, 8);
  try {
    file.appendBuffer(Object.assign(bytes, { fileStart: 0 }));
  } catch {
    // A box that is cut short inside: what it has read by then stands.
  }
  return file.moov;
}

/** `mvhd` holds it; in a fragmented file it is 0 there and `mvex/mehd` has it. */
async function duration(file: MediaSource, movie: Span, parsed: Movie): Promise<Pick<Mp4Facts, 'durationSeconds'>> {
  const timescale = parsed?.mvhd?.timescale ?? 0;
  const stated = known(parsed?.mvhd?.duration ?? 0);
  if (!(timescale > 0)) return {};
  const units = stated > 0 ? stated : await fragmentedUnits(file, movie);
  return units > 0 ? { durationSeconds: Math.round((units / timescale) * 1000) / 1000 } : {};
}

/** The small build of the library does not know this box. */
async function fragmentedUnits(file: MediaSource, movie: Span): Promise<number> {
  const extension = await childBox(file, movie, 'mvex');
  const header = extension && (await childBox(file, extension, 'mehd'));
  if (header === undefined) return 0;
  const bytes = await readAt(file, header.start, Math.min(12, header.end - header.start));
  if (bytes[0] === 1) return bytes.length < 12 ? 0 : known(Number(bytes.readBigUInt64BE(4)));
  return bytes.length < 8 ? 0 : known(bytes.readUInt32BE(4));
}

/** The first track with a picture; sound has the size 0 × 0. Both numbers are 16.16 fixed point. */
function dimensions(parsed: Movie): Pick<Mp4Facts, 'width' | 'height'> {
  for (const { tkhd } of parsed?.traks ?? []) {
    const width = Math.round((tkhd?.width ?? 0) / 65_536);
    const height = Math.round((tkhd?.height ?? 0) / 65_536);
    if (!(width > 0 && height > 0)) continue;
    // A phone's upright video is stored lying down and turned by its matrix.
    const turned = tkhd.matrix[0] === 0 && tkhd.matrix[1] !== 0;
    return turned ? { width: height, height: width } : { width, height };
  }
  return {};
}

/** All bits set, in 32 or 64 bits, means "not known". */
function known(units: number): number {
  return units === 0xffff_ffff || units >= 2 ** 64 - 2048 ? 0 : units;
}
