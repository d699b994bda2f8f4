/** The slot of a Cluster that a hash tag lies in, as Redis counts it: CRC16 (XMODEM) modulo 16,384. Of the tag alone, without its braces. */
export const SLOTS = 16_384;

export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc % SLOTS;
}
