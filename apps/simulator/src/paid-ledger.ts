import type { AccountCounts } from './account-book.ts';
import type { ProviderName, Task } from './task.ts';

/** Every POST that made a task, in order: what a bill would show. One row per acceptance, whatever the client got to hear. */
export class PaidLedger {
  readonly #rows: PaidSubmit[] = [];
  #refused = 0;

  accept({ acceptedAt, provider, account, id, route, prompt, model, externalId, nonce, callbackUrl }: Task): void {
    const number = this.#rows.length + 1;
    this.#rows.push({ number, at: acceptedAt, provider, account, taskId: id, route, prompt, model, clientId: externalId, nonce, callbackUrl });
  }

  refuse(): void {
    this.#refused += 1;
  }

  rows(): PaidSubmit[] {
    return this.#rows.map((row) => ({ ...row }));
  }

  get accepted(): number {
    return this.#rows.length;
  }

  /** The last row itself: whoever spoils the answer to its POST writes that down in it. */
  newest(): PaidSubmit | undefined {
    return this.#rows.at(-1);
  }

  counts(accounts: Record<string, AccountCounts>): LedgerCounts {
    const byProvider: Partial<Record<ProviderName, number>> = {};
    for (const { provider } of this.#rows) byProvider[provider] = (byProvider[provider] ?? 0) + 1;
    return { accepted: this.#rows.length, refused: this.#refused, byProvider, accounts };
  }

  clear(): void {
    this.#rows.length = 0;
    this.#refused = 0;
  }
}

export interface PaidSubmit {
  readonly number: number;
  readonly at: number;
  readonly provider: ProviderName;
  readonly account: string;
  readonly taskId: string;
  readonly route: string;
  readonly prompt: string;
  readonly model?: string | undefined;
  /** Kling's `external_task_id`. */
  readonly clientId?: string | undefined;
  /** AceData's `trace_id` as the client sent it. */
  readonly nonce?: string | undefined;
  readonly callbackUrl?: string | undefined;
  /** The fault that its answer met: the client may not know that it paid. */
  spoiledBy?: string | undefined;
}

export interface LedgerCounts {
  readonly accepted: number;
  /** POSTs to a create route that made no task. */
  readonly refused: number;
  readonly byProvider: Partial<Record<ProviderName, number>>;
  readonly accounts: Record<string, AccountCounts>;
}
