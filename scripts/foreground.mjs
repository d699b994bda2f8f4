// Runs one program as if it had been typed itself: its terminal, its exit code, its signals.
// Ctrl-C must reach it once. A terminal tells the whole process group, and npm tells its child again, so the program gets a group of
// its own and hears of each signal from here only, the echo left out. (A second Ctrl-C means "at once" to it, so echoes do harm.)
// A `kill` of npm alone reaches the shell between us, which (as dash) dies of it and tells nobody: whoever is left alone like that stops as well.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './setup/root.mjs';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGWINCH', 'SIGCONT'];
const echoMs = 300;
const parent = process.ppid;
const orphanCheckMs = 500;

/** @returns {Promise<{ code: number, interrupted: boolean }>} */
export async function runInForeground([program, ...programArguments], env = {}) {
  const child = spawn(program, programArguments, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    detached: true,
  });
  const signals = passSignalsOn(child);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? 128 + constants.signals[signal]));
    });
    return { code, interrupted: signals.ended() };
  } finally {
    signals.stop();
  }
}

function passSignalsOn(child) {
  const lastAt = new Map();
  let ending = false;
  const passOn = (signal) => {
    const now = performance.now();
    const isEcho = now - (lastAt.get(signal) ?? -Infinity) < echoMs;
    lastAt.set(signal, now);
    if (isEcho && signal !== 'SIGWINCH') return;
    ending ||= signal !== 'SIGWINCH' && signal !== 'SIGCONT';
    child.kill(signal);
  };
  const suspend = () => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  };
  for (const signal of passedOn) process.on(signal, passOn);
  process.on('SIGTSTP', suspend);
  const stopIfOrphaned = () => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    passOn('SIGTERM');
  };
  // Without npm, the shell that started us may well end and leave us running.
  const watch = process.env.npm_lifecycle_event === undefined ? undefined : setInterval(stopIfOrphaned, orphanCheckMs);
  return {
    ended: () => ending,
    stop() {
      for (const signal of passedOn) process.off(signal, passOn);
      process.off('SIGTSTP', suspend);
      clearInterval(watch);
    },
  };
}
