/**
 * An MP4 of any size that is never in memory: a small head, and a media box of one block again and again. Its server cuts, stalls and lies as told.
 * For tests and benchmarks only; nothing here can be played.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tinyMp4 } from './tiny-mp4.ts';

export interface GeneratedMp4 {
  length: number;
  /** At most `most` bytes from this position on. */
  bytesAt(position: number, most: number): Buffer;
  sha256(): string;
}

const BLOCK = Buffer.alloc(1 << 20, 'frames of light, again and again. ');

export function generatedMp4(length: number, note = ''): GeneratedMp4 {
  const tiny = tinyMp4({ mediaBytes: 0, long: true });
  const head = Buffer.concat([tiny, Buffer.from(note)]);
  // The media box goes to the end of the file.
  head.writeBigUInt64BE(BigInt(length - tiny.length + 16), tiny.length - 8);
  const bytesAt = (position: number, most: number): Buffer => {
    if (position < head.length) return head.subarray(position, Math.min(head.length, position + most, length));
    const at = (position - head.length) % BLOCK.length;
    return BLOCK.subarray(at, Math.min(BLOCK.length, at + Math.min(most, length - position)));
  };
  return {
    length,
    bytesAt,
    sha256() {
      const hash = createHash('sha256');
      for (let at = 0; at < length; ) {
        const bytes = bytesAt(at, BLOCK.length);
        hash.update(bytes);
        at += bytes.length;
      }
      return hash.digest('hex');
    },
  };
}

export interface Manner {
  /** The connection is cut wherever a multiple of this many bytes of the file is reached. */
  cutEvery?: number;
  /** What the host says the length is; null: nothing, and the bytes come in chunks. Default: the truth. */
  statedLength?: number | null;
  /** Milliseconds between two pieces of 64 KiB. Default: as fast as it goes. */
  everyMs?: number;
}

export async function serveGenerated(
  request: IncomingMessage,
  response: ServerResponse,
  file: GeneratedMp4,
  { cutEvery, statedLength, everyMs }: Manner = {},
): Promise<void> {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const from = asked === null ? 0 : Number(asked[1]);
  const end = cutEvery === undefined ? file.length : Math.min(file.length, (Math.floor(from / cutEvery) + 1) * cutEvery);
  response.writeHead(asked === null ? 200 : 206, {
    'content-type': 'video/mp4',
    'etag': `"${file.length}"`,
    ...(statedLength === null ? {} : { 'content-length': (statedLength ?? file.length) - from }),
    ...(asked === null ? {} : { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }),
  });
  const piece = everyMs === undefined ? BLOCK.length : 65_536;
  for (let at = from; at < end && !response.destroyed; ) {
    const bytes = file.bytesAt(at, Math.min(piece, end - at));
    at += bytes.length;
    if (!response.write(bytes)) await drained(response);
    if (everyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  // Not before what was written has left.
  if (end < file.length) response.socket?.destroySoon();
  else response.end();
}

/** Or gone: who reads no more must not keep us waiting. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
    if (response.destroyed) done();
  });
}
