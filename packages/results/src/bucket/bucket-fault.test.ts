/** What a bucket's troubles are called: those that pass by themselves, and those that a person has to end. Told by real answers over HTTP. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../store-error.ts';
import { openResults, type Results } from '../results.ts';

const SECRET = 'hunter2hunter2';

interface Asked {
  stopping?: AbortSignal;
  ask?: (results: Results) => Promise<unknown>;
}

async function faultOf(
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | 'closed',
  { stopping, ask = (results) => results.store.read(results.place('fox'), 'g1.mp4') }: Asked = {},
): Promise<StoreError> {
  const server = createServer((request, response) => (answer === 'closed' ? undefined : answer(request, response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (answer === 'closed') close();
  else onTestFinished(close);
  const keys = { accessKeyId: { reveal: () => 'an-id' }, secretAccessKey: { reveal: () => SECRET } };
  const s3 = { endpoint: `http://127.0.0.1:${port}`, bucket: 'films', region: 'us-east-1', prefix: '', pathStyle: true, keys };
  const results = openResults({ outFolder: tmpdir(), s3, stopping });
  onTestFinished(() => results.close());
  const error: unknown = await ask(results).then(() => null, (reason: unknown) => reason);
  if (!(error instanceof StoreError)) throw new Error('expected a StoreError', { cause: error });
  expect(JSON.stringify([error.message, error.stack, Object.values(error)])).not.toContain(SECRET);
  expect(error.message).toContain('films');
  return error;
}

const xml = (status: number, code: string) => (_request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`);
};

test.each([
  ['nobody listens', 'closed' as const, 'ECONNREFUSED'],
  ['it answers 503', xml(503, 'SlowDown'), 'HTTP 503'],
  ['it answers 500', xml(500, 'InternalError'), 'HTTP 500'],
  ['a gateway before it answers in HTML', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'), 'HTTP 502'],
  ['it hangs up', (request: IncomingMessage) => void request.socket.resetAndDestroy(), 'cannot be reached'],
])('a bucket is away, and no more is said of it, when %s', async (_what, answer, words) => {
  const error = await faultOf(answer);
  expect(error).toMatchObject({ cause: 'unavailable', message: expect.stringContaining(words) });
  // A command does not.
  expect(error.message).not.toContain('by itself');
});

test.each([
  ['the bucket is not there', xml(404, 'NoSuchBucket'), 'S3_BUCKET'],
  ['the key is unknown', xml(403, 'InvalidAccessKeyId'), 'S3_ACCESS_KEY_ID'],
  ['the secret is wrong', xml(403, 'SignatureDoesNotMatch'), 'S3_SECRET_ACCESS_KEY'],
  ['the key may not', xml(403, 'AccessDenied'), 'PutObject'],
  [
    'it does not say why',
    (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(403).end(),
    'HTTP 403 without a reason. The key or its secret is wrong (S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY), or the key may not do this. It needs GetObject, ' +
      'PutObject, DeleteObject and AbortMultipartUpload on the prefix, and ListBucket and ListBucketMultipartUploads on the bucket.',
  ],
  ['it is in another region, and does not say so', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(301).end(), 'Correct S3_REGION'],
  ['a gateway before it leads to https', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(308).end('<html>'), 'S3_ENDPOINT'],
  ['it takes https only', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(400).end('HTTP sent to an HTTPS server.'), 'https://'],
  ['it does not like the region', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(400).end(), 'correct S3_REGION'],
  ['a temporary key has expired', xml(400, 'ExpiredToken'), 'Renew it'],
  ['its user is suspended', xml(403, 'UserSuspended'), 'cannot be used: it answered with HTTP 403 (UserSuspended)'],
  ['its quota is used up', xml(403, 'QuotaExceeded'), 'it is full. Make room there'],
  ['the quota of a MinIO is used up', xml(400, 'XMinioAdminBucketQuotaExceeded'), 'it is full. Make room there'],
  ['the disks of a MinIO are full', xml(507, 'XMinioStorageFull'), 'it is full. Make room there'],
  ['it has not been built', xml(501, 'NotImplemented'), 'conditional puts'],
])('a person is told what to change when %s', async (_what, answer, words) => {
  expect(await faultOf(answer)).toMatchObject({ cause: 'refused', message: expect.stringContaining(words) });
});

test('a removal that is late is given up, and not asked for again', async () => {
  const late = new AbortController();
  const asked: (string | undefined)[] = [];
  const error = await faultOf(
    (request) => {
      asked.push(request.method);
      if (asked.length > 1) return void request.socket.resetAndDestroy();
      late.abort();
    },
    { ask: (results) => results.store.remove(results.place('fox'), 'g1.mp4', late.signal) },
  );
  expect([error.cause, asked]).toEqual(['aborted', ['DELETE']]);
});

test('what is read from a bucket when this process stops is not called a bucket that is away', async () => {
  const stop = new AbortController();
  const error = await faultOf(
    (request, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      if (request.method === 'HEAD') return void response.end();
      response.write('of somebody else');
      setTimeout(() => stop.abort(), 100);
    },
    { stopping: stop.signal, ask: (results) => results.store.standing(results.place('fox'), 'g1.mp4') },
  );
  expect(error).toMatchObject({ cause: 'aborted' });
});
