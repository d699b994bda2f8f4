/**
 * A map that remembers only so many entries, so that what is remembered for convenience cannot fill the memory. When one more is set, the entry that was
 * set first is forgotten; setting a known key again does not make its entry younger. It must never hold anything that may not be forgotten.
 */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    super.set(key, value);
    if (this.size > this.#most) this.delete(this.keys().next().value as Key);
    return this;
  }
}
