/**
 * Reads results through the HTTP API of another machine. Its answers are checked like anything from outside. The API key goes to that origin only:
 * `fetch` leaves it out when a redirect leads to a bucket.
 */
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { PublicGeneration, Secret } from '@dailies/queue';
import { z } from 'zod';
import { Complaint } from '../complaint.ts';
import type { Source, SourceRow, WantedFile } from './source.ts';

export interface ApiAddress {
  url: string;
  key: Secret | null;
  /** Ends every question to it. */
  stopping: AbortSignal;
}

/** A name below the folder, never a way out of it. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/);
const stored = { file: fileName.optional(), sha256: z.string().optional(), bytes: z.number().optional() };
const rowSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  provider: z.string(),
  videos: z.array(z.looseObject({ url: z.string(), thumbnailUrl: z.string().optional(), ...stored })),
  extras: z.array(z.looseObject({ kind: z.string(), ...stored })).optional(),
  params: z.record(z.string(), z.unknown()),
  history: z.array(z.looseObject({ at: z.string(), state: z.string() })),
});
const pageSchema = z.object({ items: z.array(rowSchema), cursor: z.string().nullable() });
type Row = z.infer<typeof rowSchema>;

/** `simulated`: what the caller says of an API that is too old to say it itself. */
export function apiSource(address: ApiAddress, name: string, simulated: boolean): Source {
  const [, kind, rest] = /^(batch|id):(.*)$/s.exec(name) ?? [];
  const wanted = rest ?? name;
  const nothing = kind === 'batch' ? 'no batch' : kind === 'id' ? 'no generation' : 'neither a batch nor a generation';
  const contentOf = (response: Response): Promise<unknown> => read(address, response, `${nothing} ${JSON.stringify(wanted)}`);
  return {
    title: wanted,
    // A proxy may forward the API's paths only, and not those for the machine itself (/healthz).
    isSimulated: async () => simulated || (await ask(address, '/v1/providers')).headers.get('dailies-simulated') === 'true',
    async *rows() {
      const path = `/v1/batches/${encodeURIComponent(wanted)}/generations`;
      let isOne = kind === 'id';
      for (let cursor: string | null = ''; cursor !== null && !isOne; ) {
        const answer = await ask(address, cursor === '' ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
        isOne = answer.status === 404 && cursor === '' && kind !== 'batch';
        if (isOne) break;
        const page = checked(address, pageSchema, await contentOf(answer));
        for (const row of page.items) yield rowOf(address, row);
        cursor = page.cursor;
      }
      if (!isOne) return;
      const answer = await ask(address, `/v1/generations/${encodeURIComponent(wanted)}`);
      yield rowOf(address, checked(address, rowSchema, await contentOf(answer)));
    },
    async open(_row, { url }, signal) {
      if (url === undefined) return null;
      const response = await fetch(url, { headers: headersOf(address, url), signal });
      if (response.status === 404 || response.status === 410 || response.body === null) return null;
      if (!response.ok) throw new Error(`${new URL(url).pathname} was answered with ${response.status}`);
      return Readable.fromWeb(ReadableStream.from(response.body));
    },
  };
}

function rowOf({ url: api }: ApiAddress, row: Row): SourceRow {
  const isThere = row.state === 'succeeded' && row['filesRemovedAt'] === undefined;
  const picture = row.extras?.find(({ kind }) => kind === 'thumbnail' || kind === 'cover');
  const files: WantedFile[] = [];
  for (const { file, sha256, bytes, url } of row.videos) {
    if (file !== undefined && sha256 !== undefined && bytes !== undefined) files.push({ file, sha256, bytes, url });
  }
  for (const [at, extra] of (row.extras ?? []).entries()) {
    const { file, sha256, bytes } = extra;
    if (file === undefined || sha256 === undefined || bytes === undefined) continue;
    // An older API has a path for the picture only.
    const url = extra === picture ? row.videos[0]?.thumbnailUrl : `${api}/v1/generations/${encodeURIComponent(row.id)}/extras/${at}`;
    files.push({ file, sha256, bytes, url });
  }
  // In the local folder the picture is a file beside the page.
  const videos = row.videos.map(({ thumbnailUrl: _far, ...video }) => ({ ...video, ...(picture?.file === undefined ? {} : { thumbnailUrl: picture.file }) }));
  return { shown: { ...row, videos } as unknown as PublicGeneration, files: isThere ? files : [] };
}

async function ask(address: ApiAddress, path: string): Promise<Response> {
  const url = `${address.url}${path}`;
  try {
    return await fetch(url, { headers: { accept: 'application/json', ...headersOf(address, url) }, signal: address.stopping });
  } catch (error) {
    if (address.stopping.aborted) throw new Complaint(`Interrupted while ${address.url} did not answer. The same command brings what is missing.`, 130);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Complaint(`${address.url} cannot be reached: ${cause}. Is it the address of a Dailies API (\`npm start\` prints it)?`);
  }
}

/** `nothing`: what is not there if it is not found. */
async function read(address: ApiAddress, response: Response, nothing: string): Promise<unknown> {
  if (response.status === 401 || response.status === 403) {
    throw new Complaint(`${address.url} refuses this key (${response.status}). Set DAILIES_KEY to an API key with the scope read.`);
  }
  if (response.status === 404) throw new Complaint(`${address.url} has ${nothing}.`);
  if (!response.ok) throw new Complaint(`${address.url} answered with ${response.status}. Try again later.`);
  return response.json();
}

function checked<T>({ url }: ApiAddress, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Complaint(`${url} does not answer like a Dailies API. Is it one, of this version?`);
}

function headersOf({ url, key }: ApiAddress, to: string): Record<string, string> {
  return key === null || new URL(to).origin !== new URL(url).origin ? {} : { authorization: `Bearer ${key.reveal()}` };
}
