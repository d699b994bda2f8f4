/** What a media file is read from: an open file, or its bytes where all of them are still at hand. */
export interface MediaSource {
  stat(): Promise<{ size: number }>;
  read(into: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

export function inMemory(pieces: readonly Uint8Array[]): MediaSource {
  const bytes = Buffer.concat(pieces);
  return {
    stat: async () => ({ size: bytes.length }),
    read: async (into, offset, length, position) => ({ bytesRead: bytes.copy(into, offset, position, Math.min(bytes.length, position + length)) }),
  };
}
