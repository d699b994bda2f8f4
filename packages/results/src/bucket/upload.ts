/**
 * Uploads a large file to a bucket in pieces, with a bounded number of them in memory. Nothing stands under the name until the upload is finished,
 * whenever the process is killed. The pieces are hashed as they are sent, so a part that has changed on the disk is never finished.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Part } from '../result-store.ts';
import { StoreError } from '../store-error.ts';
import { partFault } from './bucket-fault.ts';
import type { BucketClient, Condition, ObjectName } from './bucket-client.ts';

/** Services take at most 10,000 pieces; each but the last must have 5 MiB or more. */
const PIECE_BYTES = 8 * 1024 ** 2;
const MOST_PIECES = 9_000;
const AT_ONCE = 2;

export interface Upload {
  part: Part;
  tags: Readonly<Record<string, string>>;
  condition: Condition;
  signal: AbortSignal | undefined;
}

/** What an upload asks of the service. */
type Uploader = Pick<BucketClient, 'begin' | 'sendPiece' | 'finish' | 'abandon'>;

/** `gone`: another delivery was first and has ended this upload. */
export async function uploadInPieces(client: Uploader, at: ObjectName, { part, tags, condition, signal }: Upload): Promise<'stored' | 'taken' | 'gone'> {
  const file = await open(part.path, 'r').catch((error: unknown) => {
    throw partFault(error, at.key);
  });
  try {
    const upload = await client.begin(at, { contentType: part.contentType, tags });
    try {
      const etags = await sendAll(client, at, { upload, file, part, signal });
      const outcome = etags === 'gone' ? 'gone' : await client.finish(at, upload, etags, condition);
      if (outcome === 'taken') await client.abandon(at, upload);
      return outcome;
    } catch (error) {
      // If this does not reach the service, `dropUnfinished` ends the upload later.
      await client.abandon(at, upload).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

interface Pieces {
  upload: string;
  file: FileHandle;
  part: Part;
  signal: AbortSignal | undefined;
}

/** Sends all pieces and answers their ETags, in order. */
async function sendAll(client: Uploader, at: ObjectName, { upload, file, part, signal }: Pieces): Promise<string[] | 'gone'> {
  const size = Math.max(PIECE_BYTES, Math.ceil(part.bytes / MOST_PIECES));
  const hash = createHash('sha256');
  const etags: string[] = [];
  // Each sender has its own buffer and waits for its piece before it takes the next: a service would also finish an upload that lacks a piece.
  const lanes = Array.from({ length: AT_ONCE }, () => ({ buffer: Buffer.allocUnsafe(Math.min(size, part.bytes)), sent: Promise.resolve(true) }));
  try {
    for (let start = 0, number = 1; start < part.bytes; start += size, number += 1) {
      const lane = lanes.shift() ?? { buffer: Buffer.alloc(size), sent: Promise.resolve(true) };
      lanes.push(lane);
      if (!(await lane.sent)) return 'gone';
      const bytes = await readPiece({ file, part }, lane.buffer.subarray(0, Math.min(size, part.bytes - start)), start);
      hash.update(bytes);
      lane.sent = client.sendPiece(at, upload, number, bytes, signal).then((sent) => {
        if (sent !== 'gone') etags[number - 1] = sent.etag;
        return sent !== 'gone';
      });
      // The error is thrown where the promise is awaited. Until then it must not count as an unhandled rejection.
      lane.sent.catch(() => undefined);
    }
    for (const { sent } of lanes) if (!(await sent)) return 'gone';
  } finally {
    await Promise.allSettled(lanes.map(({ sent }) => sent));
  }
  if (hash.digest('hex') !== part.sha256) {
    throw new StoreError('disk', `${part.path} is not what was written to it: the disk gave back other bytes. It is fetched again.`);
  }
  return etags;
}

/** Fills the piece with what stands in the file from `start` on. */
async function readPiece({ file, part }: Pick<Pieces, 'file' | 'part'>, piece: Buffer, start: number): Promise<Buffer> {
  for (let filled = 0; filled < piece.length; ) {
    const { bytesRead } = await file.read(piece, filled, piece.length - filled, start + filled);
    if (bytesRead === 0) throw new StoreError('disk', `${part.path} is shorter than what was written to it. It is fetched again.`);
    filled += bytesRead;
  }
  return piece;
}
