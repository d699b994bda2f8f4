import type { Alarms } from './alarms.ts';
import { phaseOf, type Phase, type Task } from './task.ts';

/**
 * Tells a client's callback address about its task, once and without redelivery, as the vendors do (none documents one).
 * It calls loopback addresses only: nothing may leave the machine, least of all to an address made up to be inert.
 */
export class Callbacks {
  readonly #alarms: Alarms;
  readonly #body: CallbackBody;
  readonly #stillKnown: (task: Task) => boolean;

  constructor(alarms: Alarms, body: CallbackBody, stillKnown: (task: Task) => boolean) {
    this.#alarms = alarms;
    this.#body = body;
    this.#stillKnown = stillKnown;
  }

  /**
   * Arms a call for every change of state from `since` on. Of a new task that is its acceptance, however late this comes to its turn: a change
   * that was passed over would never be told. Of one read from the state file it is now: what came before was told by an earlier process.
   */
  follow(task: Task, since: number): void {
    if (task.callbackUrl === undefined || !isLoopback(task.callbackUrl)) return;
    for (const when of new Set([task.acceptedAt, task.startsAt, task.finishesAt])) {
      if (when >= since) this.#alarms.at(when, () => this.#tell(task, task.callbackUrl ?? '', when));
    }
  }

  #tell(task: Task, url: string, when: number): void {
    if (!this.#stillKnown(task)) return;
    const body = this.#body(task, phaseOf(task, when), when);
    if (body === undefined) return;
    fetch(url, {
      method: 'POST', redirect: 'manual', signal: AbortSignal.timeout(10_000),
      headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    }).then((response) => response.body?.cancel(), () => undefined);
  }
}

/** What is sent for a state; undefined where that upstream stays silent about it. */
export type CallbackBody = (task: Task, phase: Phase, now: number) => unknown;

function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
