/**
 * A real HTTP server that hands out assets in all the ways that go wrong. For tests only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AssetHost {
  origin: string;
  /** Every request so far, in order. */
  requests: IncomingMessage[];
  /** Decides what the n-th request (from 1) gets. */
  answer: (request: IncomingMessage, response: ServerResponse, nth: number) => unknown;
  close(): Promise<void>;
}

export async function startAssetHost(): Promise<AssetHost> {
  const server = createServer((request, response) => {
    host.requests.push(request);
    host.answer(request, response, host.requests.length);
  });
  const host: AssetHost = {
    origin: '',
    requests: [],
    answer: (_request, response) => response.writeHead(404).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return host;
}

export interface Serving {
  ranges?: boolean;
  etag?: string;
  /** Send this many bytes of what was asked for, then cut the connection. */
  cutAfter?: number;
}

/** Serves a file as a good host does, or cuts it. */
export function serve(request: IncomingMessage, response: ServerResponse, file: Buffer, { ranges = true, etag = '"v1"', cutAfter }: Serving = {}): void {
  const condition = request.headers['if-range'];
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const resumes = ranges && asked !== null && (condition === undefined || condition === etag);
  const from = resumes ? Number(asked[1]) : 0;
  const content = file.subarray(from);
  response.writeHead(resumes ? 206 : 200, {
    'content-type': 'video/mp4',
    'content-length': content.length,
    ...(etag === '' ? {} : { etag }),
    ...(resumes ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
  });
  if (cutAfter === undefined || cutAfter >= content.length) response.end(content);
  else response.write(content.subarray(0, cutAfter), () => response.destroy());
}
