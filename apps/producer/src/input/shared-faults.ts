/** Faults that are the same for many lines, because their cause is an option or the set-up: each said once, with the lines it concerns. */
import type { FieldFault } from '@dailies/queue';
import type { Fault } from './fault.ts';

export interface SharedFaults {
  add(line: number, provider: unknown, fault: FieldFault): void;
  list(): Fault[];
}

export function sharedFaults(): SharedFaults {
  const found = new Map<string, { fault: FieldFault; lines: number[] }>();
  return {
    add(line, provider, { field, message, remedy }) {
      const named = typeof provider === 'string' && !message.includes(provider) ? `${provider}: ${message}` : message;
      const key = JSON.stringify([field, named, remedy]);
      const known = found.get(key) ?? { fault: { field, message: named, remedy }, lines: [] };
      known.lines.push(line);
      found.set(key, known);
    },
    list: () => [...found.values()].map(({ fault, lines }) => ({ ...fault, line: null, lines, message: `${fault.message} (${linesText(lines)})` })),
  };
}

function linesText(lines: readonly number[]): string {
  const shown = lines.slice(0, 3).join(', ');
  return lines.length > 3 ? `lines ${shown} and ${lines.length - 3} more` : `${lines.length === 1 ? 'line' : 'lines'} ${shown}`;
}
