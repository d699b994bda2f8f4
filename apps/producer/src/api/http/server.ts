/** The bare HTTP server: its limits against callers that are slow or send too much, its address, its end. */
import type { Server, ServerOptions } from 'node:http';
import { ConfigError } from '@dailies/queue';

/** Milliseconds and bytes. A body of 64 MB has to come within two minutes; heads at once. */
export const LIMITS: ServerOptions = {
  requestTimeout: 120_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
  // It is asked for where the answer can say so (unreadable.ts).
  requireHostHeader: false,
};

/** Answers its address. */
export function listen(server: Server, host: string, port: number): Promise<string> {
  server.maxHeadersCount = 100;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(fault(error, host, port)));
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

const LOOK_MS = 50;

/** Requests under way may finish until the deadline; idle connections go at once, and theirs as soon as they are answered: a client keeps one for a minute. */
export async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return;
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  const look = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(look);
  clearTimeout(timer);
}

function fault(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError([`PORT: port ${port} is in use. Set PORT to another one, or to 0 for any.`]);
    case 'EACCES':
      return new ConfigError([`PORT: port ${port} is not allowed. Set PORT to one above 1023.`]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError([`API_HOST: ${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`]);
    default:
      return error;
  }
}
