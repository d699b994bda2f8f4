/**
 * The beginning and the end of an HTTP server of ours. Host and port come from two variables, and where the server cannot listen, the fault names the
 * variable that a person has to set otherwise.
 */
import type { Server } from 'node:http';
import { ConfigError } from './config/load-config.ts';

export interface Address {
  host: string;
  /** 0: any that is free. */
  port: number;
  /** The names of the variables that host and port come from. */
  variables: { host: string; port: string };
}

interface Listening {
  port: number;
  url: string;
}

/** Answers where the server listens. Throws a ConfigError where it cannot. */
export function listen(server: Server, asked: Address): Promise<Listening> {
  const { host, port } = asked;
  return new Promise((resolve, reject) => {
    // Stays for good: a connection that cannot be accepted later on (no file descriptor is left) is an 'error' too, and must not end the process.
    server.on('error', (error: NodeJS.ErrnoException) => reject(faultOf(error, asked)));
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` });
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

function faultOf(error: NodeJS.ErrnoException, { host, port, variables }: Address): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError([`${variables.port}: port ${port} is in use. Set ${variables.port} to another one, or to 0 for any.`]);
    case 'EACCES':
      return new ConfigError([`${variables.port}: port ${port} is not allowed. Set ${variables.port} to one above 1023.`]);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError([`${variables.host}: ${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`]);
    default:
      return error;
  }
}
