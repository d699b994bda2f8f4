/** Whether promtool, Prometheus' own checker, is on this machine. */
import { execFileSync } from 'node:child_process';

export function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
