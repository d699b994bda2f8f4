/** Names that occur again and again (providers, batches, failure kinds), kept once, each with a number. 0 is none. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [''];

  numberOf(name: string): number {
    if (name === '') return 0;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** The number of a name, without making one; undefined: the name has none. */
  find(name: string): number | undefined {
    return name === '' ? 0 : this.#numbers.get(name);
  }

  nameOf(number: number): string {
    return this.#names[number] ?? '';
  }

  all(): string[] {
    return this.#names.slice(1);
  }
}
