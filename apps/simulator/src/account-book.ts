import { createHash } from 'node:crypto';
import type { ProviderAccount, Task } from './task.ts';

/**
 * What each upstream account has in flight. A task holds its place from acceptance to its end, as the vendors say;
 * asking about tasks never takes one. Keys are kept as hashes only.
 */
export class AccountBook {
  readonly #limits: Readonly<Record<ProviderAccount, number>>;
  readonly #accounts = new Map<string, Account>();

  constructor(limits: Readonly<Record<ProviderAccount, number>>) {
    this.#limits = limits;
  }

  /** Keys that differ after a `#` alone are of one account: one was exchanged for another. */
  static idOf(account: ProviderAccount, key: string): string {
    const [owner = ''] = key.split('#', 1);
    return `${account}:${createHash('sha256').update(owner).digest('hex').slice(0, 12)}`;
  }

  isFull(id: string, now: number): boolean {
    return this.#inFlight(id, now) >= this.#limit(id);
  }

  hold(task: Task, now: number): void {
    const account = this.#account(task.account);
    account.tasks.add(task);
    account.accepted += 1;
    account.peakInFlight = Math.max(account.peakInFlight, this.#inFlight(task.account, now));
  }

  refuse(id: string): void {
    this.#account(id).refused += 1;
  }

  counts(now: number): Record<string, AccountCounts> {
    return Object.fromEntries([...this.#accounts].map(([id, { accepted, refused, peakInFlight }]) => [
      id, { accepted, refused, inFlight: this.#inFlight(id, now), peakInFlight, limit: this.#limit(id) },
    ]));
  }

  clear(): void {
    this.#accounts.clear();
  }

  #limit(id: string): number {
    return this.#limits[id.slice(0, id.indexOf(':')) as ProviderAccount];
  }

  #inFlight(id: string, now: number): number {
    const { tasks } = this.#account(id);
    for (const task of tasks) if (task.finishesAt <= now) tasks.delete(task);
    return tasks.size;
  }

  #account(id: string): Account {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const account: Account = { tasks: new Set(), accepted: 0, refused: 0, peakInFlight: 0 };
    this.#accounts.set(id, account);
    return account;
  }
}

export interface AccountCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly inFlight: number;
  readonly peakInFlight: number;
  readonly limit: number;
}

interface Account {
  readonly tasks: Set<Task>;
  accepted: number;
  refused: number;
  peakInFlight: number;
}
