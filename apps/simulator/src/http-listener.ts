import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One listening origin. Closing it also ends the connections that a fault left hanging. */
export class HttpListener {
  readonly url: string;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  static async open(host: string, port: number, handle: RequestListener): Promise<HttpListener> {
    const server = createServer({ keepAliveTimeout: 30_000 }, handle);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const remedy = error.code === 'EADDRINUSE' ? ' Another program listens there: choose another port, or 0 for any.' : '';
        reject(new Error(`The simulator cannot listen on ${host}:${port} (${error.message}).${remedy}`, { cause: error }));
      });
      server.listen(port, host, resolve);
    });
    return new HttpListener(server, host);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** The address of a request; a target that is no path (`//`) is told apart by nobody and counts as the root. */
export function addressOf(request: IncomingMessage, origin: string): URL {
  const target = request.url ?? '/';
  return new URL(URL.canParse(target, origin) ? target : '/', origin);
}
