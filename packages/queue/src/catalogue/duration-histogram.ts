/** Durations in classes that grow by 5 %: percentiles of any number of them in little memory, exact to those 5 %. */
const STEP = Math.log(1.05);
const CLASSES = 400;

export class DurationHistogram {
  readonly #classes = new Uint32Array(CLASSES);
  count = 0;
  sumMs = 0;

  add(milliseconds: number): void {
    const at = Math.min(CLASSES - 1, Math.max(0, Math.round(Math.log(Math.max(1, milliseconds)) / STEP)));
    this.#classes[at] = (this.#classes[at] ?? 0) + 1;
    this.count += 1;
    this.sumMs += milliseconds;
  }

  /** Milliseconds that this share of them did not exceed; null when there are none. */
  quantile(share: number): number | null {
    if (this.count === 0) return null;
    let left = Math.ceil(this.count * share);
    for (let at = 0; at < CLASSES; at += 1) {
      left -= this.#classes[at] ?? 0;
      if (left <= 0) return Math.exp(at * STEP);
    }
    return Math.exp(CLASSES * STEP);
  }

  meanMs(): number | null {
    return this.count === 0 ? null : this.sumMs / this.count;
  }
}
