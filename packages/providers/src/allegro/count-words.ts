/**
 * How many words a text has: by spaces where a language has them, by dictionary where it has none.
 *
 * "well-known" is one word, as the upstream is likely to count it; a dash alone is none.
 */
export function countWords(text: string): number {
  const segmenter = new Intl.Segmenter('und', { granularity: 'word' });
  let words = 0;
  for (const piece of text.split(/\s+/u)) {
    const found = [...segmenter.segment(piece)].filter(({ isWordLike }) => isWordLike).length;
    words += WITHOUT_SPACES.test(piece) ? found : Math.min(found, 1);
  }
  return words;
}

const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
