/**
 * The simulated upstreams of this process: started here, or those of another simulated run of the same clone that is under way.
 * When that one ends, its ports are taken over, so that this run goes on.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Complaint } from '../complaint.ts';
import { composeSimulator, type Simulator } from '../compose.ts';
import { type DrawnPorts, portFile, readPorts, recordPorts } from './drawn-ports.ts';

export interface Upstreams {
  url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const LOOK_MS = 500;
/** How often it is looked whose the ports are. Of runs that begin together, the one that has the ports answers late on a busy machine. */
const LOOKS = 10;

export async function openUpstreams(folder: string, speed: number, looksLeft = LOOKS): Promise<Upstreams> {
  const ports = (await readPorts(folder)) ?? { api: 0, assets: 0 };
  if (ports.api !== 0 && (await isSimulator(ports.api))) return borrow(folder, ports, speed);
  let simulator;
  try {
    simulator = await start(folder, ports, speed);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (looksLeft > 0) {
      await sleep(LOOK_MS);
      return openUpstreams(folder, speed, looksLeft - 1);
    }
    throw new Complaint(
      `The simulated upstreams of this clone need the ports ${ports.api} and ${ports.assets}, and another program has one of them. ` +
        `Stop that program, or remove ${path.dirname(portFile(folder))} to begin with an empty simulation.`,
      1,
    );
  }
  if (ports.api === 0 && !(await recordPorts(folder, { api: simulator.port, assets: simulator.assetsPort }))) {
    await simulator.close();
    return openUpstreams(folder, speed);
  }
  return { url: simulator.url, close: () => simulator.close() };
}

/** The addresses that they have, or will have. Null: nothing was ever simulated here. */
export async function knownUpstreams(folder: string): Promise<string | null> {
  const ports = await readPorts(folder);
  return ports === null ? null : `http://${HOST}:${ports.api}`;
}

function borrow(folder: string, ports: DrawnPorts, speed: number): Upstreams {
  let own: Simulator | null = null;
  const takeOver = async (before: Promise<void>): Promise<void> => {
    await before;
    if (own !== null || (await isSimulator(ports.api))) return;
    // The faster process has the port; the other one looks again.
    own = await start(folder, ports, speed).catch(() => null);
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = takeOver(looking);
  }, LOOK_MS);
  return {
    url: `http://${HOST}:${ports.api}`,
    async close() {
      clearInterval(timer);
      await looking;
      await own?.close();
    },
  };
}

function start(folder: string, ports: DrawnPorts, speed: number): Promise<Simulator> {
  return composeSimulator({ host: HOST, port: ports.api, assetPort: ports.assets, speed, stateFile: path.join(folder, 'upstream.jsonl') });
}

/** Asks the program that listens there whether it is a simulator. Anything but the simulator's own answer means no. */
async function isSimulator(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://${HOST}:${port}/_simulator/ledger`, { signal: AbortSignal.timeout(2000), headers: { connection: 'close' } });
    return answer.ok && Array.isArray(((await answer.json()) as { submits?: unknown }).submits);
  } catch {
    return false;
  }
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof Error ? ((error.cause ?? error) as NodeJS.ErrnoException) : null;
  return cause?.code === 'EADDRINUSE';
}
