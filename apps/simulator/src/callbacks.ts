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

  /** Arms a call for every change of state that is still to come. Also used for tasks read from the state file. */
  follow(task: Task): void {
    if (task.callbackUrl === undefined || !isLoopback(task.callbackUrl)) return;
    const now = Date.now();
    for (const when of new Set([task.acceptedAt, task.startsAt, task.finishesAt])) {
      if (when >= now || when === task.acceptedAt && now - when < 100) this.#alarms.at(when, () => this.#tell(task, task.callbackUrl ?? '', when));
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
