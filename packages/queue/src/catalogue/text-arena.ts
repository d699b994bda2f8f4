/**
 * Many short texts in a few large blocks of bytes, and a search through all of them: 200,000 prompts are looked through in some tens of
 * milliseconds, and cost little more memory than their letters. Texts are only added. What is searched is folded: no case, one form of Unicode.
 */
const BLOCK_BYTES = 4 << 20;
/** Of a longer text only the beginning is searched. */
const LONGEST_TEXT = 4_000;

interface Block {
  bytes: Buffer;
  used: number;
  /** Number of its first text. */
  first: number;
  /** Where each of its texts begins. */
  starts: number[];
}

export class TextArena {
  readonly #blocks: Block[] = [];
  #count = 0;

  /** Answers the number of the text: 0, 1, … */
  add(text: string): number {
    const bytes = Buffer.from(`${foldText(text.slice(0, LONGEST_TEXT))}\0`);
    let block = this.#blocks.at(-1);
    if (block === undefined || block.used + bytes.length > BLOCK_BYTES) {
      block = { bytes: Buffer.alloc(BLOCK_BYTES), used: 0, first: this.#count, starts: [] };
      this.#blocks.push(block);
    }
    bytes.copy(block.bytes, block.used);
    block.starts.push(block.used);
    block.used += bytes.length;
    return this.#count++;
  }

  /** Numbers of the texts that contain every one of these, as a set of marks: one byte a text. */
  search(needles: readonly string[]): Uint8Array {
    const marks = new Uint8Array(this.#count);
    const [longest, ...others] = needles.map((needle) => Buffer.from(foldText(needle))).toSorted((a, b) => b.length - a.length);
    if (longest === undefined || longest.length === 0) return marks.fill(1);
    for (const block of this.#blocks) searchBlock(block, longest, others, marks);
    return marks;
  }
}

function searchBlock({ bytes, used, first, starts }: Block, needle: Buffer, others: readonly Buffer[], marks: Uint8Array): void {
  const whole = bytes.subarray(0, used);
  let text = 0;
  for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at)) {
    text = textAt(starts, at, text);
    const end = starts[text + 1] ?? used;
    const own = others.length === 0 ? null : whole.subarray(starts[text], end);
    if (own === null || others.every((other) => own.includes(other))) marks[first + text] = 1;
    // One find a text is enough.
    at = end;
  }
}

/** The last text that begins at or before a place, from `low` on. */
function textAt(starts: readonly number[], place: number, low: number): number {
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

function foldText(text: string): string {
  return text.replaceAll('\0', ' ').normalize('NFC').toLowerCase();
}
