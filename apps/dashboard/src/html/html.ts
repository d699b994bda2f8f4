/**
 * HTML as a tagged template. Every value is escaped unless it was made by this template. Arrays are joined; null, undefined and false give nothing.
 * Attributes are always written in double quotes.
 */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(parts.map((part, at) => (at === 0 ? part : `${render(values[at - 1])}${part}`)).join(''));
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
