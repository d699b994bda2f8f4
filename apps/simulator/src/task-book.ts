import type { StateFile } from './state-file.ts';
import type { ProviderName, Task } from './task.ts';

/** Every task that the upstreams know, found by id, by the client's own id, or newest first. It never forgets one before a reset. */
export class TaskBook {
  readonly #byId = new Map<string, Task>();
  readonly #byExternalId = new Map<string, Task>();
  readonly #counters = new Map<ProviderName, number>();
  readonly #file: StateFile | undefined;

  constructor(file: StateFile | undefined) {
    this.#file = file;
    for (const task of file?.read() ?? []) this.#index(task);
  }

  add(task: Task): void {
    this.#file?.append(task);
    this.#index(task);
  }

  /** The end of a task was moved by a fault. */
  changed(task: Task): void {
    this.#file?.append(task);
  }

  get(id: string): Task | undefined {
    return this.#byId.get(id);
  }

  byExternalId(account: string, externalId: string): Task | undefined {
    return this.#byExternalId.get(`${account} ${externalId}`);
  }

  newestFirst(account: string): Task[] {
    return this.all().filter((task) => task.account === account).toReversed();
  }

  all(): Task[] {
    return [...this.#byId.values()];
  }

  /** How many tasks of this provider were accepted: the number that its next task's duration is drawn with. */
  count(provider: ProviderName): number {
    return this.#counters.get(provider) ?? 0;
  }

  clear(): void {
    this.#file?.clear();
    this.#byId.clear();
    this.#byExternalId.clear();
    this.#counters.clear();
  }

  #index(task: Task): void {
    this.#byId.set(task.id, task);
    this.#counters.set(task.provider, this.count(task.provider) + 1);
    if (task.externalId === undefined) return;
    const key = `${task.account} ${task.externalId}`;
    // The first one keeps the name when duplicates are allowed: a look-up must find what was paid first.
    if (!this.#byExternalId.has(key)) this.#byExternalId.set(key, task);
  }
}
