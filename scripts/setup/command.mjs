// Runs a program to its end and keeps what it says: set-up shows the output of package managers only when they fail.
// No shell, so that no argument can become a command, and no standard input, so that nothing can wait for a person who is not there.
// Ctrl-C ends the program (the terminal tells it so itself) but not us, so that the caller can undo what it began.

import { spawn } from 'node:child_process';

export async function runCommand(program, commandArguments, { env = {}, cwd } = {}) {
  let interrupted = false;
  const remember = () => {
    interrupted = true;
  };
  process.on('SIGINT', remember);
  process.on('SIGTERM', remember);
  try {
    const { code, output } = await ended(
      spawn(program, commandArguments, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    return { code, output, interrupted };
  } finally {
    process.off('SIGINT', remember);
    process.off('SIGTERM', remember);
  }
}

function ended(child) {
  return new Promise((resolve) => {
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
