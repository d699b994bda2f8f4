/**
 * `GET /v1/generations/:id/videos/:n`, its thumbnail, and `/extras/:n`: the stored bytes, with ranges. The ledger names the file, never the path of the
 * request, so no request can name a file of this machine.
 */
import path from 'node:path';
import { endsWithin, type Generation, type StoredFile } from '@dailies/queue';
import { mayBe, type ResultStore } from '@dailies/results';
import type { Request, Response } from 'express';
import send from 'send';
import { z } from 'zod';
import { notFound, Problem } from '../http/problem.ts';
import type { ApiContext } from '../api-context.ts';
import { answerHeaders } from '../openapi/answer-headers.ts';
import { type Operation, pathParameter } from '../operation.ts';
import { problems } from '../schemas/problem.ts';
import { existingGeneration, idParameter } from './existing.ts';

/** Seconds for which a link works: long enough to begin. A player that is paused for longer asks again. */
const LINK_SECONDS = 300;
/** For how long a bucket is asked about the file. */
const LOOK_MS = 2_000;

interface FileWay {
  operationId: string;
  summary: string;
  /** The list of the generation that `n` counts in. */
  list: 'videos' | 'extras';
  /** What the path ends with after `n`. Default: nothing. */
  suffix?: string;
  types: readonly string[];
  choose: (files: readonly StoredFile[], n: number) => StoredFile | undefined;
}

export function getVideo(api: ApiContext): Operation {
  return fileOperation(api, {
    operationId: 'getVideo',
    summary: 'The bytes of a video',
    list: 'videos',
    types: ['video/*'],
    choose: (files, n) => files.filter(({ kind }) => kind === 'video')[n],
  });
}

export function getThumbnail(api: ApiContext): Operation {
  return fileOperation(api, {
    operationId: 'getThumbnail',
    summary: 'The picture of a video',
    list: 'videos',
    suffix: '/thumbnail',
    types: ['image/*'],
    choose: (files) => files.find(({ kind }) => kind === 'thumbnail' || kind === 'cover'),
  });
}

/** Extras are pictures, and copies with a watermark. */
export function getExtra(api: ApiContext): Operation {
  return fileOperation(api, {
    operationId: 'getExtra',
    summary: 'The bytes of what else was stored',
    list: 'extras',
    types: ['image/*', 'video/*'],
    choose: (files, n) => files.filter(({ kind }) => kind !== 'video')[n],
  });
}

function fileOperation({ desk, results }: ApiContext, { operationId, summary, list, suffix = '', types, choose }: FileWay): Operation {
  const schema = z.string().meta({ override: { type: 'string', format: 'binary' } });
  const bytes = Object.fromEntries(types.map((type) => [type, { schema }]));
  const headers = answerHeaders('ETag', 'Cache-Control', 'Content-Disposition', 'Accept-Ranges', 'Last-Modified');
  const part = answerHeaders('ETag', 'Cache-Control', 'Content-Disposition', 'Accept-Ranges', 'Last-Modified', 'Content-Range');
  const n = z.string().regex(/^\d{1,3}$/).describe(`Which of \`${list}\`, from 0.`).meta({ example: '0' });
  return {
    method: 'get',
    path: `/v1/generations/{id}/${list}/{n}${suffix}`,
    scope: 'read',
    document: {
      operationId,
      summary,
      description: 'With `Range`, `If-None-Match` and `If-Range`. The `ETag` is the SHA-256 of the file.',
      tags: ['Generations'],
      requestParams: { path: idParameter.extend({ n }) },
      responses: {
        200: { description: 'The whole file.', headers, content: bytes },
        302: { description: 'Where it is, for five minutes: the results are in a bucket.', headers: answerHeaders('Location', 'Cache-Control') },
        206: { description: 'The part that `Range` asks for.', headers: part, content: bytes },
        304: { description: 'Not changed.', headers },
        ...problems(404, 412, 416),
      },
    },
    async handle(request, response) {
      const generation = await existingGeneration(desk.store, request);
      const { id, folder } = generation;
      const file = chosenFile(generation, pathParameter(request, 'n'), choose);
      if (file === undefined || folder === undefined) {
        throw noSuchFile(generation, pathParameter(request, 'n'), { list, suffix });
      }
      if (generation.filesRemovedAt !== undefined) {
        throw notFound(`file of ${id} any more: retention removed it. POST /v1/generations/${id}/retry fetches it again, while the upstream has it`);
      }
      const store = results.at(folder);
      // Of another length, or of another checksum by its own word, it is damaged, or another ledger's: the ETag would say of it what is not true.
      if (!(await mayBeWhole(store, folder, file))) throw notThere(id);
      const link = await store.link(folder, file.file, LINK_SECONDS);
      if (link === null) return sendFile(request, response, { id, folder, file });
      // The link is signed for GET only.
      if (request.method === 'HEAD') return void response.set({ ...headersOf(file), 'Content-Length': String(file.bytes) }).type(path.extname(file.file)).end();
      response.set('Cache-Control', 'no-store').redirect(302, link);
    },
  };
}

/** What cannot be looked at is not there in a folder. In a bucket it may be: whoever gets the link may reach it, and is not kept waiting. */
async function mayBeWhole(store: ResultStore, folder: string, stored: StoredFile): Promise<boolean> {
  const looked = store.stat(folder, stored.file).then((facts) => mayBe(facts, stored), () => store.kind === 'bucket');
  return store.kind === 'folder' || (await endsWithin(LOOK_MS, looked)) ? looked : true;
}

function chosenFile({ files = [] }: Generation, n: string, choose: FileWay['choose']): StoredFile | undefined {
  return /^\d{1,3}$/.test(n) ? choose(files, Number(n)) : undefined;
}

function noSuchFile({ id, state, files = [] }: Generation, n: string, { list, suffix }: { list: FileWay['list']; suffix: string }): Problem {
  if (suffix !== '') return notFound(`thumbnail of ${id}, which is ${state}`);
  const stored = files.filter(({ kind }) => (kind === 'video') === (list === 'videos')).length;
  return notFound(`file ${JSON.stringify(n.slice(0, 80))} in \`${list}\` of ${id}, which is ${state} and has ${stored} of them, counted from 0`);
}

function headersOf({ sha256 }: StoredFile): Record<string, string> {
  return { ETag: `"${sha256}"`, 'Cache-Control': 'private, no-cache' };
}

/** What the answer has been given for the file, and a problem must not have. */
const OF_A_FILE = ['ETag', 'Content-Disposition', 'Accept-Ranges', 'Last-Modified'];

/** The errors of `send`. */
function problemOf({ status, headers = {} }: { status?: number; headers?: Record<string, string> }, id: string, bytes: number): Problem {
  if (status === 416) return new Problem(416, 'bad-range', `The file has ${bytes} bytes, without this range. Ask for less, or leave Range out.`, { headers });
  if (status === 412) return new Problem(412, 'precondition', 'The file is not the one that If-Match or If-Unmodified-Since names. Ask without this header.');
  return notThere(id);
}

function notThere(id: string): Problem {
  return notFound(`whole file of ${id} any more where it was stored: POST /v1/generations/${id}/retry fetches it again`);
}

/** Serves a file from a folder of this machine. */
function sendFile(request: Request, response: Response, { id, folder, file: stored }: { id: string; folder: string; file: StoredFile }): Promise<void> {
  const { file } = stored;
  response.set({ ...headersOf(stored), 'Content-Disposition': `inline; filename="${file.replaceAll(/[^\w.-]/g, '_')}"` });
  // The last bytes, more of them than there are, are the whole file (RFC 9110, 14.1.2), which `send` refuses.
  const [, last] = /^bytes=-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (Number(last) > stored.bytes) request.headers.range = 'bytes=0-';
  return new Promise((resolve, reject) => {
    send(request, encodeURIComponent(file), { root: folder, cacheControl: false, dotfiles: 'allow', index: false })
      .on('error', (error: { status?: number; headers?: Record<string, string> }) => {
        for (const name of OF_A_FILE) response.removeHeader(name);
        reject(problemOf(error, id, stored.bytes));
      })
      .on('directory', () => reject(notFound(`file of ${id}`)))
      .pipe(response);
    response.once('close', resolve);
  });
}
