import type { ServerResponse } from 'node:http';
import { html } from '../answer.ts';
import type { Fault } from './fault.ts';

/**
 * What can go wrong with the download of a result. Each writes the whole response itself: `file` is what should have come,
 * `own` the address that was asked for.
 */
export const ASSET_FAULTS: Readonly<Record<string, (response: ServerResponse, fault: Fault, scene: AssetScene) => void>> = {
  'cut': (response, { bytes }, { file, headers }) => {
    response.writeHead(200, headers);
    response.write(file.subarray(0, bytes ?? Math.floor(file.length / 2)), () => response.socket?.destroySoon());
  },
  'stall': (response, { bytes }, { file, headers }) => {
    response.writeHead(200, headers);
    response.write(file.subarray(0, bytes ?? Math.floor(file.length / 2)));
  },
  'wrong-length': (response, { bytes }, { file, headers }) => {
    response.writeHead(200, { ...headers, 'content-length': file.length + (bytes ?? 1000) });
    response.write(file, () => response.socket?.destroySoon());
  },
  'html': (response) => {
    const page = html(200, 'Just a moment...');
    response.writeHead(200, page.headers).end(page.body);
  },
  '404': (response) => xml(response, 404, 'NoSuchKey', 'The specified key does not exist.'),
  '403-expired': (response) => xml(response, 403, 'AccessDenied', 'Request has expired'),
  '500': (response) => xml(response, 500, 'InternalError', 'We encountered an internal error. Please try again.'),
  '503': (response) => xml(response, 503, 'SlowDown', 'Please reduce your request rate.'),
  'redirect': (response, { url }, { own }) => redirect(response, url ?? `${own}&hop=1`),
  'redirect-private': (response, { url }) => redirect(response, url ?? 'http://10.0.0.1/private.mp4'),
  'redirect-loop': (response, _fault, { own }) => redirect(response, own),
  'truncated-mp4': (response, { bytes }, { file, headers }) => {
    const part = file.subarray(0, bytes ?? Math.floor(file.length / 2));
    response.writeHead(200, { ...headers, 'content-length': part.length }).end(part);
  },
  'empty': (response, _fault, { headers }) => {
    response.writeHead(200, { ...headers, 'content-length': 0 }).end();
  },
  'reset': (response) => response.socket?.resetAndDestroy(),
  'silence': () => undefined,
};

export interface AssetScene {
  readonly file: Buffer;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly own: string;
}

/** The manner in which object stores complain. */
export function xml(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, 'content-length': 0 }).end();
}
