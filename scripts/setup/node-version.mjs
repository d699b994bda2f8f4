// Refuses a Node that is older than package.json's `engines.node`.
// Runs first, on any Node that can read modules at all: nothing newer than the plainest syntax may be used here, nor anything imported
// that uses it, or people would get a syntax error in place of the sentence that helps them.

import { readFileSync } from 'node:fs';

export function refuseOldNode() {
  const wanted = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).engines.node;
  const oldest = numbers(wanted);
  const running = numbers(process.version);
  if (running[0] > oldest[0] || (running[0] === oldest[0] && running[1] >= oldest[1])) return;
  const fault = `This is Node ${process.version}, and Dailies needs ${oldest.join('.')} or newer.`;
  process.stderr.write(`${fault} Install a newer Node (https://nodejs.org), then run the same command again.\n`);
  process.exit(1);
}

function numbers(version) {
  const found = /(\d+)\.(\d+)/.exec(version);
  return [Number(found[1]), Number(found[2])];
}
