/** Everything that is to happen later, so that closing can call it all off. Never a timer outside of this. */
export class Alarms {
  readonly #timers = new Map<NodeJS.Timeout, () => void>();

  /** Calls `ring` at the given time; `off` instead when all alarms are cleared first. */
  at(when: number, ring: () => void, off: () => void = () => undefined): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      ring();
    }, Math.min(2 ** 31 - 1, Math.max(0, when - Date.now())));
    this.#timers.set(timer, off);
  }

  /** Resolves at the given time, or at once when all alarms are cleared. */
  reached(when: number): Promise<void> {
    return new Promise((resolve) => this.at(when, resolve, resolve));
  }

  clear(): void {
    const pending = [...this.#timers];
    this.#timers.clear();
    for (const [timer, off] of pending) {
      clearTimeout(timer);
      off();
    }
  }
}
