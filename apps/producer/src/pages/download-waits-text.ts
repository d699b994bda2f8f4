/** The downloads that wait, for people: on which machine, since when, and why. Pure. */
import { printable } from '../printable.ts';

export function downloadWaitsText(waits: readonly { machine: string; reason: string; since: string | number }[]): string {
  return waits.map((wait) => `${downloadWaitText(wait)}\n`).join('');
}

export function downloadWaitText({ machine, reason, since }: { machine: string; reason: string; since: string | number }): string {
  return `Downloads wait on ${printable(machine)} since ${new Date(since).toISOString()}: ${printable(reason)}`;
}
