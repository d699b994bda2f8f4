/**
 * Whether an origin can be reached: a connection and, for https, the TLS handshake. No request is made: none could be free of charge
 * for every upstream, and no key leaves.
 */
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config } from '@dailies/queue';
import type { Finding } from './finding.ts';

const LIMIT_MS = 5_000;

export async function checkUpstreams(config: Config): Promise<Finding[]> {
  const origins = new Map<string, string[]>();
  for (const { name, account } of Object.values(config.providers)) {
    if (account === null) continue;
    const { origin } = new URL(account.baseUrl);
    origins.set(origin, [...(origins.get(origin) ?? []), name]);
  }
  return Promise.all([...origins].map(([origin, names]) => checkOrigin(origin, names)));
}

async function checkOrigin(origin: string, names: readonly string[]): Promise<Finding> {
  const who = `${origin} (${names.join(', ')})`;
  try {
    await reach(new URL(origin));
    return { level: 'ok', about: 'upstream', what: `${who} can be reached.` };
  } catch (error) {
    const fault = error instanceof AggregateError ? error.errors.map(String).join('; ') : error instanceof Error ? error.message : String(error);
    return {
      level: 'error',
      about: 'upstream',
      what: `${who} cannot be reached: ${fault}.`,
      remedy: 'Check the network, a proxy or a firewall, and the base URL.',
    };
  }
}

export function reach({ protocol, hostname, port }: URL): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = protocol === 'https:';
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port: Number(port || 443), servername: host }) : connectTcp({ host, port: Number(port || 80) });
    const end = (finish: () => void): void => {
      socket.destroy();
      finish();
    };
    socket.setTimeout(LIMIT_MS, () => end(() => reject(new Error(`no connection within ${LIMIT_MS / 1000} s`))));
    socket.once(tls ? 'secureConnect' : 'connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
  });
}
