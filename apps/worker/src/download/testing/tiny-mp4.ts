/**
 * Writes the smallest MP4s that are worth testing with: type, movie with one header and tracks, media.
 * For tests only; nothing here can be played.
 */
export interface TinyMp4 {
  durationSeconds?: number;
  width?: number;
  height?: number;
  mediaBytes?: number;
  /** 64-bit box lengths and version 1 headers. */
  long?: boolean;
  /** The media box says "to the end of the file". */
  openEnded?: boolean;
  turned?: boolean;
}

export function tinyMp4(wish: TinyMp4 = {}): Buffer {
  const { durationSeconds = 5, width = 1280, height = 720, mediaBytes = 1000, long = false, openEnded = false, turned = false } = wish;
  const media = Buffer.alloc(mediaBytes, 'frames of light ');
  const tracks = [trackHeader(0, 0, long, turned), trackHeader(width, height, long, turned)].map((header) => box('trak', header));
  const mdat = openEnded ? Buffer.concat([word(0), Buffer.from('mdat'), media]) : box('mdat', media, long);
  return Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0isom')), box('moov', Buffer.concat([movieHeader(durationSeconds, long), ...tracks])), mdat]);
}

export function box(type: string, content: Buffer, long = false): Buffer {
  if (!long) return Buffer.concat([word(content.length + 8), Buffer.from(type, 'latin1'), content]);
  return Buffer.concat([word(1), Buffer.from(type, 'latin1'), double(content.length + 16), content]);
}

function movieHeader(seconds: number, long: boolean): Buffer {
  const times = long ? [double(0), double(0), word(1000), double(seconds * 1000)] : [word(0), word(0), word(1000), word(seconds * 1000)];
  return box('mvhd', Buffer.concat([word(long ? 0x0100_0000 : 0), ...times, Buffer.alloc(80)]));
}

function trackHeader(width: number, height: number, long: boolean, turned: boolean): Buffer {
  const times = Buffer.alloc(long ? 32 : 20);
  const matrix = turned ? [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000] : [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
  const parts = [word(long ? 0x0100_0000 : 0), times, Buffer.alloc(16), ...matrix.map(word), word(width * 65_536), word(height * 65_536)];
  return box('tkhd', Buffer.concat(parts));
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
