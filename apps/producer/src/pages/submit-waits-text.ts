/** What keeps providers from submitting and ends by itself, for people: why, and when it goes on. Pure. */
import type { SubmitWait } from '../batch/submit-waits.ts';

export function submitWaitsText(waits: readonly SubmitWait[]): string {
  return waits.map((one) => `${submitWaitText(one)}\n`).join('');
}

export function submitWaitText({ provider, reason, ends }: SubmitWait): string {
  return `${provider} submits nothing now: ${reason}. It goes on by itself ${ends}.`;
}
