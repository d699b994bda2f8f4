import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './setup/root.mjs';

const program = "process.once('SIGTERM', () => { console.log('stopped'); process.exit(); }); setInterval(() => {}, 1e6); console.log(process.pid);";
const inForeground = `
  import { runInForeground } from ${JSON.stringify(pathToFileURL(`${root}scripts/foreground.mjs`))};
  await runInForeground([process.execPath, '-e', ${JSON.stringify(program)}]);
`;

test('what runs under npm is stopped when a kill of npm has ended the shell in between, which tells it nothing', async () => {
  // A shell that has something left to do waits for its program instead of becoming it.
  const shell = spawn('sh', ['-c', '"$0" --input-type=module -e "$1"; true', process.execPath, inForeground], {
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = shell.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  const pid = Number((await said.next()).value);
  onTestFinished(() => killIfAlive(pid));
  shell.kill('SIGTERM');
  await once(shell, 'exit');
  expect((await said.next()).value).toBe('stopped\n');
});

function killIfAlive(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}
