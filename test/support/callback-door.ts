/** The route of callbacks on a real server of its own, which the simulated upstreams call. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { onTestFinished } from 'vitest';
import { createLog, type Config, type Desk, type Log } from '@dailies/queue';
import { createCallbacks } from '../../apps/producer/src/api/callbacks/callbacks.ts';

const SILENT = createLog({ level: 'silent', name: 'test' });

export interface CallbackDoor {
  /** The value for PUBLIC_URL. */
  url: string;
  /** Paths of the calls so far. */
  knocks: string[];
  /** Called before a callback is taken in, which it may delay. */
  before: (path: string) => Promise<void> | void;
}

async function hold(door: CallbackDoor, path: string, go: () => void): Promise<void> {
  await door.before(path);
  go();
}

interface DoorOptions {
  callbackSecrets?: Config['callbackSecrets'];
  log?: Log;
}

export async function openCallbackDoor(desk: Desk, { callbackSecrets = {}, log = SILENT }: DoorOptions = {}): Promise<CallbackDoor> {
  const app = express();
  const door: CallbackDoor = { url: '', knocks: [], before: () => undefined };
  app.use('/v1/callbacks', (request, _response, next) => {
    door.knocks.push(request.path);
    void hold(door, request.path, next);
  });
  app.use('/v1/callbacks', createCallbacks({ config: { callbackSecrets }, desk, log }));
  // All of a thousand callbacks wait to be taken in: Node's 511 places make a busy machine drop the others, and reset some of them.
  const server = createServer(app).listen({ port: 0, host: '127.0.0.1', backlog: 2_000 });
  // Idle connections are kept for ever: on a busy machine a caller may use one just as it is closed for being idle, and would be reset.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  door.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return door;
}
