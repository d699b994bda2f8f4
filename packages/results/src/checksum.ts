/** SHA-256 of what is read in pieces, never of a whole file in memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export async function sha256Of(path: string): Promise<string> {
  return sha256OfPieces(createReadStream(path, { highWaterMark: 1 << 20 }));
}

export async function sha256OfPieces(pieces: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}
