/**
 * A wire between two ends on the loopback that can misbehave: go silent in the middle (half-open), be gone, or hold what was sent and deliver it
 * late, whether or not its sender is still there.
 */
import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';

export interface Proxy {
  port: number;
  /** What is connected now stays open and never says anything again; what connects later is served. */
  silenceThoseConnected(): void;
  /** Everything, now and later, is taken and never answered, until `pass`. */
  silence(): void;
  /** Everything is cut, and nobody listens, until `pass`. */
  refuse(): Promise<void>;
  pass(): Promise<void>;
  /** The next `times` connections whose first bytes are like this are delivered `ms` late, their sender's reset notwithstanding. */
  hold(pattern: RegExp, ms: number, times: number): void;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<Proxy> {
  const silenced = new WeakSet<Socket>();
  const clients = new Set<Socket>();
  let isSilent = false;
  let held = { pattern: /^$/, ms: 0, times: 0 };

  const server = createServer((client) => {
    clients.add(client);
    const upstream = connect(target, '127.0.0.1');
    let delayMs = 0;
    let waiting = Promise.resolve();
    client.on('data', (bytes) => {
      if (isSilent || silenced.has(client)) return;
      if (held.times > 0 && held.pattern.test(bytes.toString('latin1'))) {
        held.times -= 1;
        delayMs = held.ms;
      }
      const due = Date.now() + delayMs;
      waiting = waiting.then(() => delivered(upstream, bytes, due));
    });
    upstream.on('data', (bytes) => {
      if (!isSilent && !silenced.has(client)) client.write(bytes);
    });
    const end = (): void => {
      clients.delete(client);
      client.destroy();
      void waiting.then(() => upstream.destroySoon());
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', () => {
      if (!silenced.has(client) && !isSilent) end();
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async (): Promise<void> => {
    for (const client of clients) client.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  const port = await listenSomewhere(listen);
  return {
    port,
    silenceThoseConnected() {
      for (const client of clients) silenced.add(client);
    },
    silence() {
      isSilent = true;
      for (const client of clients) silenced.add(client);
    },
    refuse: cut,
    async pass() {
      isSilent = false;
      if (!server.listening) await listen(port);
    },
    hold(pattern, ms, times) {
      held = { pattern, ms, times };
    },
    close: cut,
  };
}

/**
 * Below what systems give out by themselves (32768 on Linux, 49152 elsewhere): while nobody listens, no other process of the machine may get it
 * and answer in our place.
 */
async function listenSomewhere(listen: (port: number) => Promise<void>): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      await listen(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function delivered(upstream: Socket, bytes: Buffer, due: number): Promise<void> {
  const left = due - Date.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  if (!upstream.destroyed) upstream.write(bytes);
}
