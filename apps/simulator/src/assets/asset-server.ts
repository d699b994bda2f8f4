import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ASSET_FAULTS, xml } from '../faults/asset-faults.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import { addressOf } from '../http-listener.ts';
import type { ProviderName } from '../task.ts';
import type { World } from '../world.ts';
import { byteRange } from './byte-range.ts';

/**
 * The second origin: results behind signed links, as a CDN serves them. Nobody needs a key here, so a request that brings an
 * Authorization header is logged as having leaked one. It never answers for the API.
 */
export class AssetServer {
  readonly #world: World;
  readonly #faults: FaultBook;

  constructor(world: World, faults: FaultBook) {
    this.#world = world;
    this.#faults = faults;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { requests, tasks, links } = this.#world;
    const url = addressOf(request, 'http://assets');
    const [, provider, id = '', extension] = /^\/([a-z]+)\/([^/]+?)(?:\.watermark)?\.(mp4|jpg)$/.exec(url.pathname) ?? [];
    const task = tasks.get(id);
    const now = Date.now();
    const entry = requests.add({
      at: now, method: request.method ?? '', path: url.pathname, kind: 'asset', authorization: request.headers.authorization !== undefined,
      provider: task?.provider ?? provider as ProviderName | undefined, taskId: task?.id,
      sinceAcceptedMs: task === undefined ? undefined : now - task.acceptedAt,
    });
    response.once('close', () => requests.settle(entry, response.headersSent ? response.statusCode : 0, entry.fault));
    if (request.method !== 'GET' && request.method !== 'HEAD') return xml(response, 405, 'MethodNotAllowed', 'Only GET and HEAD are allowed.');
    const state = links.check(url, now);
    if (state === 'forged') return xml(response, 403, 'SignatureDoesNotMatch', 'The signature of this link is wrong.');
    if (state === 'expired') return xml(response, 403, 'AccessDenied', 'Request has expired');
    if (task === undefined || now < task.finishesAt) return xml(response, 404, 'NoSuchKey', 'The specified key does not exist.');
    const file = extension === 'mp4' ? this.#world.media.video(task) : this.#world.media.cover(task);
    const type = extension === 'mp4' ? 'video/mp4' : 'image/jpeg';
    const headers = { 'content-type': type, 'content-length': file.length, 'etag': etagOf(file), 'accept-ranges': 'bytes' };
    const fault = this.#faults.take({ kind: 'asset', provider: task.provider, prompt: task.prompt, stage: 'whole' });
    if (fault === undefined) return serve(request, response, file, headers);
    entry.fault = fault.what;
    ASSET_FAULTS[fault.what]?.(response, fault, { file, headers, own: `${links.origin}${request.url ?? ''}` });
  };
}

interface Headers extends Readonly<Record<string, string | number>> {
  readonly etag: string;
}

function serve(request: IncomingMessage, response: ServerResponse, file: Buffer, headers: Headers): void {
  const condition = request.headers['if-range'];
  const range = condition === undefined || condition === headers.etag ? byteRange(request.headers.range, file.length) : 'whole';
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${file.length}`, 'content-length': 0 }).end();
    return;
  }
  const part = range === 'whole' ? file : file.subarray(range.start, range.end + 1);
  const extra = range === 'whole' ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${file.length}` };
  response.writeHead(range === 'whole' ? 200 : 206, { ...headers, ...extra, 'content-length': part.length });
  response.end(request.method === 'HEAD' ? undefined : part);
}

function etagOf(file: Buffer): string {
  return `"${createHash('sha256').update(file).digest('hex').slice(0, 32)}"`;
}
