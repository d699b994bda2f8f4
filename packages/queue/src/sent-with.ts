/**
 * Which API key a generation was submitted with, as the ledger records it: the beginning of the nonce of that submit, a blank, and the mark of the key (the
 * worker's submit/nonce.ts). The beginning tells that the mark is of that submit: an older version that sends the generation again writes another nonce,
 * and leaves the mark. Not the whole nonce, which is a secret and has a field of its own.
 */
const BEGINNING = 8;

export function sentWithOf(nonce: string, keyMark: string): string {
  return `${nonce.slice(0, BEGINNING)} ${keyMark}`;
}

/** Undefined: nobody recorded it, or it is of an earlier submit. */
export function keyMarkIn({ nonce, sentWith: marked }: { nonce?: string | undefined; sentWith?: string | undefined }): string | undefined {
  const [beginning, keyMark] = marked?.split(' ') ?? [];
  return nonce?.slice(0, BEGINNING) === beginning ? keyMark : undefined;
}
