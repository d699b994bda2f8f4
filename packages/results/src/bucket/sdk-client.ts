/**
 * The official client, and the only file that knows it. Loaded lazily. Integrity rests on what every S3 service checks: the SHA-256 of a
 * body is signed with its request, and a body that arrived otherwise is refused. The newer checksum headers, which some services do not
 * know, are sent only where they are harmless.
 */
import { state as warnings } from '@aws-sdk/core/client';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand,
  HeadObjectCommand, ListMultipartUploadsCommand, PutObjectCommand, S3Client, UploadPartCommand,
  type HeadObjectCommandOutput, type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { addAbortSignal, Readable } from 'node:stream';
import { setTimeout as rest } from 'node:timers/promises';
import { eitherSignal } from '../either-signal.ts';
import { StoreError } from '../store-error.ts';
import type { BucketClient, BucketSettings, Condition, ObjectHead, ObjectName, PutBody, UnfinishedUpload } from './bucket-client.ts';
import { bucketFault, isAbsent, isMomentary, isTaken, isUploadGone, partFault } from './bucket-fault.ts';

/** Milliseconds to connect, and for which an exchange may pass without a byte. */
const CONNECT_MS = 5_000;
const SILENT_MS = 60_000;
const SOCKETS = 64;
/** Milliseconds before a put is sent again. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 1_600;
const SILENT = { trace: noRemark, debug: noRemark, info: noRemark, warn: noRemark, error: noRemark };

/** `stopping` ends looks and reads only: one that was cut short has changed nothing. */
export function openSdkClient({ endpoint, region, pathStyle, keys }: BucketSettings, stopping?: AbortSignal): BucketClient {
  // The SDK warns about Node 20 in every process. The documentation says it once, which is enough.
  warnings.warningEmitted = true;
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    // The SDK's own log lines are not for our users: whatever matters comes back as an error.
    logger: SILENT,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys === null ? {} : { credentials: { accessKeyId: keys.accessKeyId.reveal(), secretAccessKey: keys.secretAccessKey.reveal() } }),
  });
  const ask = async <T>(bucket: string, request: () => Promise<T>): Promise<T> => {
    try {
      return await request();
    } catch (error) {
      throw bucketFault(error, bucket, endpoint);
    }
  };
  return {
    head: ({ bucket, key }) =>
      ask(bucket, () => nullIfAbsent(async () => headOf(await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), abortedBy(stopping))))),
    get: ({ bucket, key }, range) =>
      ask(bucket, () =>
        nullIfAbsent(async () => {
          const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...(range === undefined ? {} : { Range: range }) });
          const answer = await client.send(command, abortedBy(stopping));
          if (!(answer.Body instanceof Readable)) throw new Error('an answer without a body');
          // The client cuts the connection. Without this, the body would end like one that the bucket broke off.
          if (stopping !== undefined) addAbortSignal(stopping, answer.Body);
          const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
          return { ...headOf(answer), ...(total === undefined ? {} : { bytes: Number(total) }), body: answer.Body };
        }),
      ),
    put: (at, body, condition, signal) => ask(at.bucket, () => putObject(client, at, body, condition, signal)),
    begin: ({ bucket, key }, { contentType, tags }) =>
      ask(bucket, async () => {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: contentType, Metadata: { ...tags } }));
        if (UploadId === undefined) throw new StoreError('refused', `The bucket ${bucket} began an upload without naming it.`);
        return UploadId;
      }),
    sendPiece: ({ bucket, key }, upload, number, bytes, signal) =>
      ask(bucket, async () => {
        try {
          const command = new UploadPartCommand({ Bucket: bucket, Key: key, UploadId: upload, PartNumber: number, Body: bytes });
          const { ETag } = await client.send(command, abortedBy(signal));
          return { etag: ETag ?? '' };
        } catch (error) {
          if (isUploadGone(error)) return 'gone';
          throw error;
        }
      }),
    finish: ({ bucket, key }, upload, etags, condition) =>
      ask(bucket, async () => {
        const parts = etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
        try {
          await client.send(
            new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: upload, MultipartUpload: { Parts: parts }, ...ifAbsent(condition) }),
          );
          return 'stored';
        } catch (error) {
          if (isUploadGone(error)) return 'gone';
          if (condition === 'absent' && isTaken(error)) return 'taken';
          throw error;
        }
      }),
    abandon: ({ bucket, key }, upload) =>
      ask(bucket, async () => {
        await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: upload })).catch((error: unknown) => {
          if (!isUploadGone(error)) throw error;
        });
      }),
    unfinished: (bucket, prefix) => ask(bucket, () => listUnfinished(client, bucket, prefix, stopping)),
    remove: ({ bucket, key }, signal) =>
      ask(bucket, async () => void (await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), abortedBy(signal)))),
    link: ({ bucket, key }, seconds) => ask(bucket, () => getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: seconds })),
    close: () => client.destroy(),
  };
}

/**
 * The client itself sends a request again whose body is in memory, but not one whose body is read from a file. If only the answer was lost, the object
 * stands already, and its checksum tells that it is ours.
 */
async function putObject(client: S3Client, at: ObjectName, body: PutBody, condition: Condition, signal: AbortSignal | undefined): Promise<'stored' | 'taken'> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 4) {
    const content = body.open();
    try {
      return await putOnce(client, at, { ...body, content, condition, signal });
    } catch (error) {
      if (!(content instanceof Readable) || pauseMs > LAST_PAUSE_MS || !isMomentary(error)) throw error;
      await rest(pauseMs, undefined, { signal });
    }
  }
}

interface Put extends Omit<PutBody, 'open'> {
  content: Readable | Uint8Array;
  condition: Condition;
  signal: AbortSignal | undefined;
}

async function putOnce(
  client: S3Client,
  { bucket, key }: ObjectName,
  { content, bytes, sha256, contentType, tags, condition, signal }: Put,
): Promise<'stored' | 'taken'> {
  const body = readable(content);
  const either = eitherSignal(body.broken, ...(signal === undefined ? [] : [signal]));
  const command = new PutObjectCommand({
    Bucket: bucket, Key: key, Body: body.content, ContentLength: bytes, ContentType: contentType, Metadata: { ...tags },
    ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'), ...ifAbsent(condition),
  });
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request: { headers: Record<string, string> } };
      request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'knownSha256' },
  );
  try {
    await client.send(command, { abortSignal: either.signal });
    return 'stored';
  } catch (error) {
    if (body.broken.aborted) throw partFault(body.broken.reason, key);
    if (condition === 'absent' && isTaken(error)) return 'taken';
    throw error;
  } finally {
    either.letGo();
    body.close();
  }
}

async function listUnfinished(client: S3Client, bucket: string, prefix: string, signal: AbortSignal | undefined): Promise<UnfinishedUpload[]> {
  const found: UnfinishedUpload[] = [];
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
  while (marker !== null) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker });
    const page: ListMultipartUploadsCommandOutput = await client.send(command, abortedBy(signal));
    for (const { Key: key, UploadId: upload, Initiated: at } of page.Uploads ?? []) {
      if (key !== undefined && upload !== undefined) found.push({ key, upload, startedAt: at?.getTime() ?? Date.now() });
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    marker = page.IsTruncated === true && KeyMarker !== undefined && UploadIdMarker !== undefined ? { KeyMarker, UploadIdMarker } : null;
  }
  return found;
}

async function nullIfAbsent<T>(request: () => Promise<T>): Promise<T | null> {
  try {
    return await request();
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Listens for errors of a body that is sent. The SDK does not, and an unheard error would end the process. */
function readable(content: Readable | Uint8Array): { content: Readable | Uint8Array; broken: AbortSignal; close: () => void } {
  const breaking = new AbortController();
  if (!(content instanceof Readable)) return { content, broken: breaking.signal, close: () => undefined };
  content.on('error', (error) => breaking.abort(error));
  return { content, broken: breaking.signal, close: () => void content.destroy() };
}

function noRemark(): void {
  // Nothing.
}

function headOf(answer: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ETag' | 'LastModified' | 'ContentType' | 'Metadata'>): ObjectHead {
  return {
    bytes: answer.ContentLength ?? 0,
    etag: answer.ETag ?? '""',
    modifiedAt: answer.LastModified?.getTime() ?? 0,
    contentType: answer.ContentType,
    tags: answer.Metadata ?? {},
  };
}

function ifAbsent(condition: Condition): { IfNoneMatch?: string } {
  return condition === 'absent' ? { IfNoneMatch: '*' } : {};
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
