/**
 * A server on a port of its own that answers as a test says, and remembers what it was asked. Real sockets: for tests of what happens on the wire.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TestUpstream {
  baseUrl: string;
  requests: SeenRequest[];
  /** Connections ever made. */
  connections: Socket[];
  close(): Promise<void>;
}

export type Answering = (response: ServerResponse, request: SeenRequest, message: IncomingMessage) => void;

export async function startTestUpstream(answer: Answering): Promise<TestUpstream> {
  const requests: SeenRequest[] = [];
  const connections: Socket[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const request = { method: message.method ?? '', url: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks).toString() };
      requests.push(request);
      answer(response, request, message);
    });
    message.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    connections.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of connections) socket.destroy();
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
