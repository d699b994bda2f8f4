/**
 * `GET /v1/generations/:id/videos/:n`, its thumbnail, and `/extras/:n`: the stored bytes, with ranges. Which file it is comes from the ledger, never from
 * the address, so that no address can name a file of this machine.
 */
import path from 'node:path';
import type { Generation, StoredFile } from '@dailies/queue';
import type { Request, Response } from 'express';
import send from 'send';
import { z } from 'zod';
import { notFound } from '../http/problem.ts';
import type { House } from '../house.ts';
import { type Operation, pathParameter } from '../operation.ts';
import { problems } from '../schemas/problem.ts';
import { existingGeneration, idParameter } from './existing.ts';

/** Long enough to begin with; a player that is paused for longer asks again. */
const LINK_SECONDS = 300;

const parametersOf = (list: string) => idParameter.extend({ n: z.string().regex(/^\d{1,3}$/).describe(`Which of \`${list}\`, from 0.`).meta({ example: '0' }) });

export function getVideo(house: House): Operation {
  return fileOperation(house, 'getVideo', ['videos'], 'The bytes of a video', ['video/*'], (files, n) => files.filter(({ kind }) => kind === 'video')[n]);
}

export function getThumbnail(house: House): Operation {
  return fileOperation(house, 'getThumbnail', ['videos', '/thumbnail'], 'The picture of a video', ['image/*'], (files) => files.find(({ kind }) => kind === 'thumbnail' || kind === 'cover'));
}

/** Pictures, and copies with a watermark. */
export function getExtra(house: House): Operation {
  return fileOperation(house, 'getExtra', ['extras'], 'The bytes of what else was stored', ['image/*', 'video/*'], (files, n) => files.filter(({ kind }) => kind !== 'video')[n]);
}

function fileOperation({ desk, results }: House, operationId: string, [list, suffix = '']: [list: string, suffix?: string], summary: string, types: string[], choose: (files: StoredFile[], n: number) => StoredFile | undefined): Operation {
  const schema = z.string().meta({ override: { type: 'string', format: 'binary' } });
  const bytes = Object.fromEntries(types.map((type) => [type, { schema }]));
  return {
    method: 'get',
    path: `/v1/generations/{id}/${list}/{n}${suffix}`,
    scope: 'read',
    document: {
      operationId,
      summary,
      description: 'With `Range`, `If-None-Match` and `If-Range`. The `ETag` is the SHA-256 of the file.',
      tags: ['Generations'],
      requestParams: { path: parametersOf(list) },
      responses: {
        200: { description: 'The whole file.', content: bytes },
        302: { description: 'Where it is, for five minutes: the results are in a bucket.' },
        206: { description: 'The part that `Range` asks for.', content: bytes },
        304: { description: 'Not changed.' },
        412: { description: 'A precondition does not hold.' },
        416: { description: 'There is no such range.' },
        ...problems(404),
      },
    },
    async handle(request, response) {
      const generation = await existingGeneration(desk.store, request);
      const n = pathParameter(request, 'n');
      const file = /^\d{1,3}$/.test(n) ? choose(generation.files ?? [], Number(n)) : undefined;
      if (file === undefined || generation.folder === undefined) throw notFound(`stored file ${JSON.stringify(n)} of ${generation.id}: it is ${generation.state}`);
      if (generation.filesRemovedAt !== undefined) throw notFound(`file of ${generation.id} any more: retention removed it. POST /v1/generations/${generation.id}/retry fetches it again, while the upstream has it`);
      const link = await results.at(generation.folder).link(generation.folder, file.file, LINK_SECONDS);
      if (link === null) return sendFile(request, response, generation.folder, file, generation);
      // The link is signed for a GET alone.
      if (request.method === 'HEAD') return void response.set({ ETag: `"${file.sha256}"`, 'Cache-Control': 'private, no-cache', 'Content-Length': String(file.bytes) }).type(path.extname(file.file)).end();
      response.set('Cache-Control', 'no-store').redirect(302, link);
    },
  };
}

/** Out of a folder of this machine. */
function sendFile(request: Request, response: Response, folder: string, { file, sha256 }: StoredFile, { id }: Generation): Promise<void> {
  response.set({ ETag: `"${sha256}"`, 'Cache-Control': 'private, no-cache', 'Content-Disposition': `inline; filename="${file.replaceAll(/[^\w.-]/g, '_')}"` });
  return new Promise((resolve, reject) => {
    send(request, encodeURIComponent(file), { root: folder, cacheControl: false, dotfiles: 'allow', index: false })
      .on('error', (error: { status?: number; headers?: Record<string, string> }) => {
        if (error.status !== 416 && error.status !== 412) {
          response.removeHeader('ETag');
          return reject(notFound(`file of ${id} any more where it was stored: POST /v1/generations/${id}/retry fetches it again`));
        }
        response.status(error.status).set(error.headers ?? {}).end();
        resolve();
      })
      .on('directory', () => reject(notFound(`file of ${id}`)))
      .pipe(response);
    response.once('close', resolve);
  });
}
