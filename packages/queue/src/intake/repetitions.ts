/** How often a request of one file or batch was there before: tells apart those that are equal and have no id of their own. The first is 0. */
export function countRepetitions(): (canonicalLine: string) => number {
  const seen = new Map<string, number>();
  return (canonicalLine) => {
    const before = seen.get(canonicalLine) ?? 0;
    seen.set(canonicalLine, before + 1);
    return before;
  };
}
