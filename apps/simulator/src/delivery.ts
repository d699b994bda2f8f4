import type { ServerResponse } from 'node:http';
import type { Alarms } from './alarms.ts';
import type { Answer } from './answer.ts';

/** How an answer leaves, or fails to leave. The only place that touches the socket. */
export type Delivery =
  | { readonly how: 'send'; readonly answer: Answer; readonly delayMs?: number | undefined }
  | { readonly how: 'drip'; readonly answer: Answer; readonly everyMs: number }
  | { readonly how: 'reset' }
  | { readonly how: 'silence' };

export async function deliver(response: ServerResponse, delivery: Delivery, alarms: Alarms): Promise<void> {
  switch (delivery.how) {
    case 'silence':
      return;
    case 'reset':
      return reset(response);
    case 'send':
      if (delivery.delayMs !== undefined) await alarms.reached(Date.now() + delivery.delayMs);
      return send(response, delivery.answer);
    case 'drip':
      return drip(response, delivery.answer, delivery.everyMs, alarms);
  }
}

/** Ends the connection with RST instead of FIN. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function drip(response: ServerResponse, { status, headers, body }: Answer, everyMs: number, alarms: Alarms): Promise<void> {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.flushHeaders();
  for (let index = 0; index < bytes.length && !response.destroyed; index += 1) {
    response.write(bytes.subarray(index, index + 1));
    await alarms.reached(Date.now() + everyMs);
  }
  response.end();
}
