/** A person's own files in the place of a batch's pages, for people: what is not there for them, and what helps. Pure. */

export function keptPagesText(kept: readonly string[]): string {
  return kept.map((file) => `${file} is not of Dailies, and left as it is: move it away, and ours is written${atRisk(file)}.\n`).join('');
}

/** A lost ledger is made again from the manifest. */
function atRisk(file: string): string {
  return file.endsWith('manifest.jsonl') ? '. Until then nothing but Redis knows what of this batch is paid' : '';
}
