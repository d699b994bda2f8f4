/** Colours for a terminal, or none. */
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

export type Style = (name: keyof typeof CODES, text: string) => string;

export function styleFor(colour: boolean): Style {
  if (!colour) return (_name, text) => text;
  return (name, text) => {
    const [on, off] = CODES[name];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
