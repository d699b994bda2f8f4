/** A real HTTP server that receives webhooks, keeps them, and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
  json: { type: string; id: string; simulated?: true; timestamp: string; round?: number; revision?: number; data: Record<string, unknown> };
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** Answers the n-th request, counted from 1. 200 by default. */
  answer: (response: ServerResponse, nth: number, request: IncomingMessage) => void;
  /** Resolves when this many requests have arrived, even before they are answered. */
  came(count: number): Promise<Received[]>;
}

export async function openReceiver(): Promise<Receiver> {
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      receiver.received.push({ path: request.url ?? '', headers: { ...request.headers } as Record<string, string>, body, json: JSON.parse(body) as Received['json'] });
      for (const one of waiting) if (receiver.received.length >= one.count) one.resolve();
      receiver.answer(response, receiver.received.length, request);
    });
  });
  const receiver: Receiver = {
    url: '',
    port: 0,
    received: [],
    answer: (response) => response.end('ok'),
    async came(count) {
      if (receiver.received.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return receiver.received;
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.port = (server.address() as AddressInfo).port;
  receiver.url = `http://127.0.0.1:${receiver.port}/hook`;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return receiver;
}
