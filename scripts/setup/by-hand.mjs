// What a person types where set-up may not install by itself: one line for each kind of system, this machine's own first.
// Only text; the lines install the program and start nothing.

import { readFileSync } from 'node:fs';

export function linesToType() {
  const again = process.env.npm_lifecycle_event ?? 'demo';
  const lines = [
    ['Debian', 'sudo apt-get install -y --no-install-recommends redis-server && sudo systemctl disable --now redis-server'],
    ['Fedora', 'sudo dnf install -y valkey'],
    ['Alpine', 'doas apk add redis'],
    ['macOS', 'brew install redis'],
    ['Docker', `docker run --rm -it -v "$PWD:/dailies" -w /dailies node:22-bookworm npm run ${again}`],
  ];
  const here = thisSystem();
  const ordered = [...lines.filter(([system]) => system === here), ...lines.filter(([system]) => system !== here)];
  return ordered.map(([system, line]) => `  ${system.padEnd(8)}${line}`).join('\n');
}

function thisSystem() {
  if (process.platform === 'darwin') return 'macOS';
  if (process.platform !== 'linux') return 'Docker';
  const kinds = releaseFile();
  if (/debian|ubuntu/.test(kinds)) return 'Debian';
  if (/fedora|rhel|centos/.test(kinds)) return 'Fedora';
  if (/alpine/.test(kinds)) return 'Alpine';
  return 'Docker';
}

function releaseFile() {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return text.split('\n').filter((line) => /^ID(_LIKE)?=/.test(line)).join(' ');
  } catch {
    return '';
  }
}
