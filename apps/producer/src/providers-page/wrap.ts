/** Text broken at spaces to a width, every line after an indent. A word that is too long stands alone, whole: it may be a name to copy. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((part) => `${' '.repeat(indent)}${part}`).join('\n');
}

/** A title in the margin and its text beside it, wrapped under itself. */
export function entry(title: string, text: string, width: number, indent: number): string {
  return title.padEnd(indent) + wrap(text, width, indent).slice(indent);
}
