/** What processes have cost so far, from /proc: seconds of CPU, user and system, and the peak of resident memory. Zeros where there is no /proc. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessCost {
  cpuSeconds: number;
  peakMiB: number;
}

const TICKS = Number(readOr('100', () => execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })));

/** Of one process and the children that it has waited for. */
export function costOf(pid: number): ProcessCost {
  // The name, in brackets, may hold blanks.
  const fields = readOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? [];
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  const peak = /VmHWM:\s+(\d+)/.exec(readOr('', () => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1];
  return { cpuSeconds: ticks / TICKS, peakMiB: Math.round(Number(peak ?? 0) / 1024) };
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
