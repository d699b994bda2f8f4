/**
 * The port of an embedded Redis, drawn once and kept in its folder. Binding it is what keeps a second server from the same data.
 * When somebody else's program holds it for good, the next one is drawn into a file of its own (`port`, then `port.2`, …), never over
 * the old: that way racing starters agree without a lock, and a server that still runs on an older port is found.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readIfPresent, writeOnce } from './write-once.ts';

/** Oldest first; the last one is the one to start on. */
export async function knownPorts(folder: string): Promise<number[]> {
  const ports: number[] = [];
  for (;;) {
    const file = portFile(folder, ports.length + 1);
    const text = await readIfPresent(file);
    if (text === undefined) return ports;
    ports.push(parsePort(text, file));
  }
}

/** Draws the port after those known, unless somebody else just did. */
export async function drawPort(folder: string, known: number): Promise<void> {
  await writeOnce(portFile(folder, known + 1), `${await freePort()}\n`);
}

/** Of the first port, the second, … */
export function portFile(folder: string, generation: number): string {
  return join(folder, generation === 1 ? 'port' : `port.${generation}`);
}

function parsePort(text: string, file: string): number {
  const port = Number(text.trim());
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${file} does not hold a port number. Stop everything of Dailies that uses this folder, delete that file, and start again.`);
}

// Below the range from which systems give ports to outgoing connections, so that it is still free after a reboot.
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 32_768);
    if (await canBind(port)) return port;
  }
  throw new Error('No free port between 20000 and 32767 on 127.0.0.1 for the embedded Redis.');
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
